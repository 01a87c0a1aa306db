"""One gateway's store: a SQLite file, one writer thread, group commit (design 8). Nothing else knows SQL.

``writer.Store`` runs jobs in transactions; every other module is plain functions over one group of tables,
each taking the connection first. Times are aware datetimes outside and integer microseconds in the file.
"""
