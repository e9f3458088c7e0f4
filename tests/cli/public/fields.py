"""Files of ecology, receptor sequencing and chemistry, and what comes of them."""

import gzip

from tests.cli.public.making import MOLECULES, SIX, THREE, indexed, lines, table

BIOM = "# Constructed from biom file\n#OTU ID\tS1\tS2\nO1\t5.0\t0.0\nO2\t3.0\t2.0\nO3\t0.0\t1.0\n"
SHARED = "label\tGroup\tnumOtus\tOtu1\tOtu2\n0.03\tF3D0\t2\t498\t306\n0.03\tF3D1\t2\t405\t0\n"
ECOLOGY = {
    "biom": (("a.tsv", BIOM), "'OTU ID' \\(labels\\), 2 'S1' \\(numbers\\)"),
    "biom, told": (("a.tsv", BIOM, "--counts", "S1", "--column", "OTU ID"), (8, 2)),
    "biom, as it stands": (("a.tsv", BIOM, "--counts", "S1", "--column", "#OTU ID"), (8, 2)),
    "biom, by number": (("a.txt", BIOM, "--counts", "2", "--column", "1"), (8, 2)),
    "biom, --header": (("a.tsv", BIOM, "--header", "--counts", "2", "--column", "1"), (8, 2)),
    "biom of one sample": (
        ("a.tsv", "# Constructed from biom file\n#OTU ID\tS1\n101\t5.0\n102\t3.0\n"),
        "looks like ids.*--counts S1",
    ),
    "mothur shared": (("a.tsv", SHARED), "--column NAME"),
    "mothur shared, its ending": (("a.shared", SHARED), "--format"),
    "mothur rabund": (("a.txt", "0.03\t3\t46\t22\t1\n"), "one line is one draw"),
    "mothur taxonomy": (
        ("a.txt", "OTU\tSize\tTaxonomy\nO1\t498\tA;B;\nO2\t306\tA;\n"),
        "--column 1 reads the first column, --counts 2",
    ),
    "iNEXT abundances": (("a.txt", lines(46, 22, 17, 1, 1), "--counts", "1"), (87, 5)),
    "iNEXT two assemblages": (
        ("a.csv", ',"Girdled","Logged"\n"1",46,88\n"2",22,22\n', "--counts", "Girdled"),
        (68, 2),
    ),
    "iNEXT named": (
        ("a.csv", ',"Girdled","Logged"\n"s1",46,88\n"s2",22,22\n', "--counts", "Girdled"),
        "say --column",
    ),
    "species twice": (
        ("a.csv", "species,abundance\nfir,46\nfir,2\noak,22\n", "--counts", "abundance"),
        (70, 2),
    ),
    "proportions": (("a.csv", "species,p\nfir,0.5\noak,0.5\n", "--counts", "p"), "relative"),
    "negative": (("a.csv", "species,n\nfir,46\noak,-2\n", "--counts", "n"), "a count of 0 or more"),
    "empty count": (("a.csv", "species,n\nfir,46\noak,\n", "--counts", "n"), "write 0"),
    "1e2": (("a.csv", "species,n\nfir,1e2\noak,2\n", "--counts", "n"), "whole numbers"),
    "beyond": (("a.csv", f"species,n\nfir,{10**20}\noak,2\n", "--counts", "n"), "whole numbers"),
    "GBIF": (
        ("a.tsv", "gbifID\tspecies\tindividualCount\n1\tfir\t3\n2\toak\t1\n"),
        "--counts individualCount --column gbifID",
    ),
    "uniq -c": (("a.txt", "     46 fir\n     22 oak\n      1 elm\n", "--counts", "1"), (69, 3)),
    "uniq -c, not told": (("a.txt", "     46 fir\n     22 oak\n      1 elm\n"), "--counts 1"),
    "a mapping": (("a.json", '{"fir": 46, "oak": 22}'), "from a table, --counts"),
}

MIXCR = (
    "cloneId\treadCount\treadFraction\taaSeqCDR3\n"
    "0\t1234.0\t0.5\tCASSF\n1\t12.0\t0.1\tCASSF\n2\t1.0\t0.01\tCAF\n"
)
AIRR = (
    "sequence_id\tv_call\tjunction_aa\tduplicate_count\n"
    "s1\tTRBV1\tCASF\t5\ns2\tTRBV2\tCAF\t1\ns3\tTRBV2\t\t2\n"
)
RECEPTORS = {
    "MiXCR": (("a.tsv", MIXCR), "--counts readCount"),
    "MiXCR, told": (
        ("a.tsv", MIXCR, "--counts", "readCount", "--column", "aaSeqCDR3"),
        (1247, 2),
    ),
    "AIRR": (("a.tsv", AIRR), "--counts duplicate_count --column sequence_id"),
    "AIRR, empty junction": (("a.tsv", AIRR, "--column", "junction_aa"), "--invalid ''"),
    "AIRR, told": (
        ("a.tsv", AIRR, "--column", "junction_aa", "--counts", "duplicate_count", "--invalid", ""),
        (6, 2),
    ),
    "VDJtools": (
        ("a.txt", "count\tfreq\tcdr3aa\n5\t0.5\tCASF\n1\t0.1\tCASF\n"),
        "--counts 1",
    ),
    "TRUST4": (
        ("a.tsv", "#count\tfrequency\tCDR3aa\n5\t0.5\tCASF\n1\t0.1\tCAF\n"),
        "--counts count",
    ),
    "TRUST4, told": (
        (
            *("a.tsv", "#count\tfrequency\tCDR3aa\n5\t0.5\tCASF\n1\t0.1\tCAF\n"),
            *("--counts", "#count", "--column", "CDR3aa"),
        ),
        (6, 2),
    ),
    "10x": (
        ("a.csv", "barcode,chain,cdr3,reads\nA-1,TRA,CAF,100\nA-1,TRB,CASF,50\n"),
        "--counts reads",
    ),
    "immunoSEQ": (
        ("a.tsv", "nucleotide\tcount (templates/reads)\nTGT\t5\nTGC\t1\n"),
        "--counts count \\(templates/reads\\)",
    ),
    "NA as count": (
        ("a.tsv", "junction_aa\tn\nCASF\t5\nCAF\tNA\n", "--counts", "n"),
        "expected counts",
    ),
}

CHEMISTRY = {
    "names behind a tab": (("a.smi", table("", [(v, "m") for v in MOLECULES], "\t")), SIX),
    "names of several words": (("a.smi", table("", [(v, "mol 1") for v in MOLECULES], " ")), SIX),
    "RDKit's SmilesWriter": (
        ("a.smi", "SMILES Name \n" + lines(*(f"{v} {i}" for i, v in indexed(MOLECULES)))),
        SIX,
    ),
    "ZINC": (("a.smi", "smiles zinc_id\n" + lines(*(f"{v} Z1" for v in MOLECULES))), SIX),
    "the ending .smiles": (("a.smiles", lines(*MOLECULES)), SIX),
    "the ending .can": (("a.can", lines(*MOLECULES)), "--format"),
    "the ending .can, told": (("a.can", lines(*MOLECULES), "--format", "smi"), SIX),
    "packed": (("a.smi.gz", gzip.compress(lines(*MOLECULES).encode())), SIX),
    "MOSES": (("a.csv", table("SMILES,SPLIT", [(v, "train") for v in MOLECULES])), "--column NAME"),
    "MOSES, told": (
        ("a.csv", table("SMILES,SPLIT", [(v, "t") for v in MOLECULES]), "--column", "SMILES"),
        SIX,
    ),
    "a heading of one's own": (
        ("a.csv", lines("Smiles_canonical_rdkit", *MOLECULES)),
        SIX,
    ),
    "prediction": (("a.csv", lines("prediction", *MOLECULES)), SIX),
    "an unknown heading": (("a.csv", lines("best_of_all", *MOLECULES)), "--header if it is"),
    "no heading": (("a.csv", lines(*MOLECULES)), SIX),
    "InChI": (
        ("a.txt", lines("InChI=1S/CO/h3H,2H2", "InChI=1S/C/h1H,4H", "InChI=1S/C/h1H,4H")),
        THREE,
    ),
    "InChI in csv": (("a.csv", lines("InChI=1S/CO/h3H,2H2", "InChI=1S/C/h1H,4H")), "--labels"),
    "SELFIES": (("a.txt", lines("[C][C][O]", "[C]", "[C]")), THREE),
    "reactions": (("a.smi", lines("CCO>>CC=O", "CC.O>[Na+]>CCO", "CCO>>CC=O")), THREE),
    "None": (("a.smi", lines("CCO", "None", "", "CCO", "C"), "--invalid", "None"), THREE),
    "an SD file": (
        ("a.txt", "m1\n RDKit\n\nM  END\n$$$$\n"),
        "SD file",
    ),
    "FASTA": (("a.txt", ">s1\nACDE\n>s2\nACDF\n>s3\nACDE\n"), "FASTA"),
    "FASTA as csv": (("a.csv", ">s1\nACDE\n>s2\nACDF\n>s3\nACDE\n"), "FASTA"),
    "FASTQ": (("a.txt", "@r1\nACGT\n+\nIIII\n@r2\nACGA\n+\nIIII\n"), "FASTQ"),
}
