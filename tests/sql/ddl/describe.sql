DESCRIBE FUNCTION upper;
DESCRIBE FUNCTION EXTENDED sum;
DESCRIBE CATALOG default_catalog;
DESC DATABASE default_database;
DESC DATABASE default_catalog.default_database;
