"""Tables of R, pandas and spreadsheets: the file and its options, and what comes of them."""

import codecs

from tests.cli.public.making import (
    MOLECULES,
    NUMBERS,
    SIX,
    TEN,
    THREE,
    indexed,
    table,
    zipped,
)

R = {
    "labels with row names": (
        ("a.csv", table('"","x"', [(f'"{i}"', f'"{v}"') for i, v in indexed(MOLECULES, 1)])),
        SIX,
    ),
    "write.table": (
        ("a.txt", table('"x"', [(f'"{i}"', v) for i, v in indexed(NUMBERS, 1)], " ")),
        TEN,
    ),
    "write.table of labels": (
        ("a.txt", table('"x"', [(f'"{i}"', f'"{v}"') for i, v in indexed(MOLECULES, 1)], " ")),
        SIX,
    ),
    "write.table without quotes": (("a.txt", table("x", indexed(NUMBERS, 1), " ")), TEN),
    "write.csv2": (
        ("a.csv", table('"";"x"', indexed(NUMBERS, 1), ";")),
        "--delimiter semicolon reads them",
    ),
    "write.csv2, told": (
        ("a.csv", table('"";"x"', indexed(NUMBERS, 1), ";"), "--delimiter", "semicolon"),
        TEN,
    ),
    "col.names = NA": (("a.tsv", table('""\t"x"', indexed(NUMBERS, 1), "\t")), TEN),
    "NA among numbers": (("a.csv", '"x"\n5\nNA\n7\n', "--invalid", "NA"), (2, 2)),
    "commas in quotes": (("a.csv", '"x"\n"a, b"\n"c"\n"a, b"\n'), THREE),
    "quotes and lines in quotes": (("a.csv", '"x"\n"say ""hi"""\n"two\nlines"\n"c"\n'), (3, 3)),
    "named rows": (("a.csv", '"","x"\n"site a",5\n"site b",7\n'), "--column NAME"),
    "table()": (("a.csv", '"","Var1","Freq"\n"1","a",3\n"2","b",2\n'), "--counts Freq"),
    "table(), told": (
        ("a.csv", '"","Var1","Freq"\n"1","a",3\n"2","b",2\n', "--counts", "Freq"),
        (5, 2),
    ),
    "print()": (("a.txt", " [1]  5  7  5\n [4]  9  7  5\n"), "as R prints it"),
    "print() of labels": (("a.txt", '[1] "CCO" "C"\n[3] "N"\n'), "as R prints it"),
    "1e+05": (("a.csv", '"x"\n99999\n1e+05\n100001\n1e+05\n'), (4, 3)),
    "TRUE": (("a.csv", '"x"\n"TRUE"\n"FALSE"\n"TRUE"\n'), THREE),
}

PANDAS = {
    "to_csv": (("a.csv", table(",id", indexed(NUMBERS))), TEN),
    "a series": (("a.csv", table(",0", indexed(NUMBERS))), TEN),
    "a series without index": (("a.csv", table("0", [(v,) for v in NUMBERS])), "--header if it"),
    "a series without index, told": (
        ("a.csv", table("0", [(v,) for v in NUMBERS]), "--header"),
        TEN,
    ),
    "a shuffled index": (("a.csv", ",id\n3,5\n0,7\n2,9\n1,7\n"), (4, 3)),
    "a named index": (("a.csv", table("row,id", indexed(NUMBERS))), "--column id or --index"),
    "two indices": (("a.csv", ",,id\n0,0,5\n0,1,7\n1,0,5\n"), THREE),
    "two indices, by number": (("a.csv", ",,id\n0,0,5\n0,1,7\n1,0,5\n", "--column", "3"), THREE),
    "an index saved twice": (("a.csv", ",Unnamed: 0,id\n0,0,5\n1,1,7\n2,2,5\n"), THREE),
    "missing": (("a.csv", ",0\n0,5.0\n1,7.0\n2,\n3,5.0\n"), "--invalid ''"),
    "missing, told": (("a.csv", ",0\n0,5.0\n1,7.0\n2,\n3,5.0\n", "--invalid", ""), THREE),
    "decimal commas": (("a.csv", "id\n5,0\n7,0\n5,0\n"), "a decimal comma"),
    "decimal commas, all distinct": (("a.csv", "x\n5,5\n7,25\n9,1\n"), "a decimal comma"),
    "decimal commas, told": (("a.csv", "id\n5,0\n7,0\n5,0\n", "--delimiter", "semicolon"), THREE),
    "value_counts": (("a.csv", "id,count\n5,4\n7,3\n9,1\n"), "--counts count"),
    "value_counts, told": (("a.csv", "id,count\n5,4\n7,3\n9,1\n", "--counts", "count"), (8, 3)),
    "value_counts without names": (("a.csv", ",0\n5,4\n7,3\n9,1\n"), "--counts 0"),
    "value_counts without names, told": (
        ("a.csv", ",0\n5,4\n7,3\n9,1\n", "--counts", "0", "--column", "1"),
        (8, 3),
    ),
    "groupby().size()": (("a.csv", "id,0\nfir,4\noak,2\n"), "--counts 2"),
    "groupby().size(), told": (("a.csv", "id,0\nfir,4\noak,2\n", "--counts", "2"), (6, 2)),
    "rows": (("a.csv", ",0,1\n0,1,2\n1,1,2\n2,3,4\n"), THREE),
    "rows without index": (("a.csv", "0,1\n5,6\n5,6\n7,8\n5,6\n"), "as pandas numbers columns"),
    "bool": (("a.csv", "ok\nTrue\nFalse\nTrue\n"), THREE),
    "utf-16": (("a.csv", table(",id", indexed(NUMBERS)).encode("utf-16")), TEN),
    "records": (("a.json", '[{"id":5},{"id":7},{"id":5}]'), THREE),
    "columns": (("a.json", '{"id":{"0":5,"1":7,"2":5}}', "--column", "id"), THREE),
    "split": (
        ("a.json", '{"columns":["id","s"],"index":[0,1,2],"data":[[5,1],[7,2],[5,3]]}'),
        "with the keys 'columns', 'index', 'data'",
    ),
    "split, told": (
        (
            "a.json",
            '{"columns":["id","s"],"index":[0,1,2],"data":[[5,1],[7,2],[5,3]]}',
            "--column",
            "id",
        ),
        THREE,
    ),
    "table": (
        (
            "a.json",
            '{"schema":{},"data":[{"index":0,"id":5},{"index":1,"id":5}]}',
            "--column",
            "id",
        ),
        (2, 1),
    ),
}

EXCEL = {
    "mark and semicolons": (
        ("a.csv", b"\xef\xbb\xbf" + b"id;name\r\n5;a\r\n7;b\r\n"),
        "--delimiter semicolon",
    ),
    "sep=": (("a.csv", "sep=;\r\nid;name\r\n5;a\r\n7;b\r\n5;c\r\n", "--column", "id"), THREE),
    "sep=, one column": (("a.csv", "sep=,\r\nSMILES\r\nC\r\nCC\r\nC\r\n"), THREE),
    "Unicode text": (
        ("a.txt", codecs.BOM_UTF16_LE + "id\tx\r\n5\ta\r\n7\tb\r\n5\tc\r\n".encode("utf-16-le")),
        "--column 1",
    ),
    "empty columns and rows": (("a.csv", "id,,\r\n5,,\r\n7,,\r\n5,,\r\n,,\r\n"), THREE),
    "empty columns, by number": (
        ("a.csv", "id,,\r\nfir,,\r\noak,,\r\nfir,,\r\n", "--column", "1"),
        THREE,
    ),
    "thousands": (("a.csv", 'id\r\n"1,234"\r\n"12"\r\n"1,234"\r\n'), THREE),
    "thousands in counts": (
        ("a.csv", 'species,count\r\nfir,"1,046"\r\noak,22\r\n', "--counts", "count"),
        "expected counts, whole numbers",
    ),
    "German thousands in counts": (
        ("a.csv", "art;n\r\nfir;1.046\r\noak;22\r\n", "--delimiter", "semicolon", "--counts", "n"),
        "expected counts, whole numbers",
    ),
    "#N/A": (("a.csv", "id\r\n5\r\n#N/A\r\n7\r\n5\r\n", "--invalid", "#N/A"), THREE),
    "#N/A, not told": (("a.csv", "id\r\n5\r\n#N/A\r\n7\r\n5\r\n"), (4, 3)),
    "1.23E+15": (("a.csv", "id\r\n1.23E+15\r\n1.24E+15\r\n"), "--labels"),
    "a sum below": (
        ("a.csv", "species,count\nfir,46\noak,2\nTotal,48\n", "--counts", "count"),
        "--invalid 'Total' leaves it out",
    ),
    "an xlsx called csv": (("a.csv", zipped("x")), "a zip archive"),
    "an xlsx": (("a.xlsx", zipped("x")), "--format"),
}
