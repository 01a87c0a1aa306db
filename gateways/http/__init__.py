"""The gateway's HTTP API: who may call, what is asked, how it is answered."""
