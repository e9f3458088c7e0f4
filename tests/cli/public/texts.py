"""Texts of every machine, and packed, and what comes of them."""

import bz2
import gzip
import lzma

from tests.cli.public.making import MOLECULES, SIX, THREE, lines, zst

TEXT = lines(*MOLECULES).encode()
TEXTS = {
    "CR LF": (("a.txt", TEXT.replace(b"\n", b"\r\n")), SIX),
    "CR": (("a.txt", TEXT.replace(b"\n", b"\r")), SIX),
    "mixed ends": (("a.txt", b"5\r\n7\n5\r"), THREE),
    "blank lines below": (("a.txt", TEXT + b"\n\n  \n\t\n"), SIX),
    "no end": (("a.txt", TEXT[:-1]), SIX),
    "NUL": (("a.txt", b"5\n7\0\n5\n"), "NUL"),
    "UTF-16 without a mark": (("a.txt", "é\nü\n".encode("utf-16-le")), "iconv"),
    "Latin 1": (("a.txt", "é\nü\n".encode("latin1")), "iconv"),
    "UTF-32": (("a.txt", "é\nü\né\n".encode("utf-32")), THREE),
    "joined files with marks": (("a.txt", b"\xef\xbb\xbfa\nb\n\xef\xbb\xbfa\n"), THREE),
    "the end of DOS": (("a.txt", b"a\r\nb\r\na\r\n\x1a"), THREE),
    "the end of DOS in numbers": (("a.txt", b"5\r\n7\r\n5\x1a"), THREE),
    "other line ends of Unicode": (("a.txt", "a\u2028b\na\u2028b\nc\n"), THREE),
    "thousands": (("a.txt", lines("1,234", "12", "1,234")), THREE),
    "leading zeros": (("a.txt", lines("007", "7", "007")), THREE),
    "hexadecimal": (("a.txt", lines("0x10", "0x11", "0x10")), THREE),
    "plus and minus": (("a.txt", lines("+5", "5", "-0", "0")), (4, 2)),
    "fractions": (("a.txt", lines("1.5", "2.5")), "--labels"),
    "5 beside 7.0": (("a.txt", lines("5", "7.0", "5")), "all written in one way"),
    "2^53 and its neighbour": (("a.txt", lines(2**53, 2**53 + 1)), (2, 2)),
    "a heading in the middle": (("a.csv", lines("id", 5, 7, "id", 5)), "--no-header"),
    "a heading of labels in the middle": (
        ("a.csv", lines("name", "a", "name", "b")),
        "--no-header",
    ),
    "an open quote": (("a.csv", 'name\n"a\n'), "a quote is opened"),
    "cells too many": (("a.csv", "a,b\n1,2\n1,2,3\n"), "line 3"),
    "a page of the web": (("a.csv", "<!DOCTYPE html>\n<html>404</html>\n"), "a page of the web"),
    "a pointer": (
        ("a.csv", "version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 1\n"),
        "git lfs pull",
    ),
    "nothing": (("a.txt", ""), "at least one draw"),
    "a heading only": (("a.csv", "id\n"), "at least one draw"),
}

PACKED = {
    "gzip": (("a.txt.gz", gzip.compress(TEXT)), SIX),
    "gzip, joined": (("a.txt.gz", gzip.compress(TEXT) * 2), (12, 4)),
    "gzip, cut": (("a.txt.gz", gzip.compress(TEXT)[:-5]), "truncated"),
    "gzip in name only": (("a.txt.gz", TEXT), "gzip"),
    "gzip, not in name": (("a.txt", gzip.compress(TEXT)), "gzip data"),
    "bzip2": (("a.txt.bz2", bz2.compress(TEXT)), SIX),
    "bzip2, cut": (("a.txt.bz2", bz2.compress(TEXT)[:-6]), "truncated"),
    "xz": (("a.txt.xz", lzma.compress(TEXT)), SIX),
    "xz, cut": (("a.txt.xz", lzma.compress(TEXT)[:-6]), "truncated"),
    "zstandard": (("a.txt.zst", lambda: zst(TEXT)), SIX),
    "zstandard, joined": (("a.txt.zst", lambda: zst(TEXT) * 2), (12, 4)),
    "zstandard, cut": (("a.txt.zst", lambda: zst(TEXT * 2000)[:-9]), "[Tt]runcated"),
    "Parquet in gzip": (("a.parquet.gz", b"x"), "unpack it"),
}
