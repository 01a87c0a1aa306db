"""What stands on the map, pure: alerts and exercises with areas and times, and where nations are drawn."""
