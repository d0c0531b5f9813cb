"""Reads a CSV file, and checks each number with PyPI's phonenumbers, as scripts do before they send."""

import csv
import sys

import phonenumbers

valid = 0
with open(sys.argv[1], newline="") as rows:
    for row in csv.DictReader(rows):
        valid += phonenumbers.is_valid_number(phonenumbers.parse(row["phone"], None))
print(valid)
