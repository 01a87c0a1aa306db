"""Where a gateway's store lies in its state directory."""

STORE_FILE = "gateway.sqlite3"
