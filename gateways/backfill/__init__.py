"""What a new member of a community missed: proposed, shown, confirmed, sent."""
