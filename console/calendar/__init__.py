"""The calendar of exercises, pure: what notices say, where exercises meet, whether notice was timely."""
