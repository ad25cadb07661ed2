SELECT (5 + 3) day;
