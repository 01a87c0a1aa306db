"""The console's rooms: one router each."""
