"""Information requests: what messages make of them, and what this nation's people do about them."""
