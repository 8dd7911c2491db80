"""For those who review the instrument: everything that is wrong with it, and one page that shows all of it."""
