"""The message page: what it asks the gateway, what it shows of the answers, which acts it offers."""
