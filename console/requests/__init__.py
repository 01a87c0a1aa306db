"""Information requests as a board: by state, and by what is due. Pure."""
