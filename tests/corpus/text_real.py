# ruff: noqa: E501 - the lines are those of the files
"""Text files as banks, shops, offices and machines write them; all made up."""

from tests.corpus.case import Case, one

_SPARKASSE = (
    '"Auftragskonto";"Buchungstag";"Valutadatum";"Verwendungszweck";"Beguenstigter";"Betrag";"Waehrung"\r\n'
    '"DE02120300000000202051";"31.01.24";"31.01.24";"Miete Februar";"Müller & Söhne";"-850,00";"EUR"\r\n'
    '"DE02120300000000202051";"30.01.24";"30.01.24";"Gehalt; Bonus";"Firma GmbH";"2.512,34";"EUR"\r\n'
)
_DKB = (
    '"Kontonummer:";"DE02120300000000202051 / Girokonto";\r\n\r\n"Von:";"01.01.2024";\r\n"Bis:";"31.01.2024";\r\n'
    '"Kontostand vom 31.01.2024:";"1.662,34 EUR";\r\n\r\n'
    '"Buchungstag";"Wertstellung";"Buchungstext";"Auftraggeber";"Verwendungszweck";"Betrag (EUR)";\r\n'
    '"02.01.2024";"02.01.2024";"Lastschrift";"Stadtwerke";"Strom, Abschlag";"-85,20";\r\n'
    '"15.01.2024";"16.01.2024";"Gutschrift";"Firma GmbH";"Gehalt";"2.512,34";\r\n'
)
_US_BANK = (
    'Description,,Summary Amt.\nBeginning balance as of 01/01/2024,,"1,000.00"\nTotal credits,,"500.00"\n\n'
    "Date,Description,Amount,Running Bal.\n"
    '01/02/2024,"Coffee, Main St","-4.50","995.50"\n01/15/2024,"Payroll","500.00","1,495.50"\n'
)
_FRANCE = "Date;Libellé;Débit euros;Crédit euros\n31/01/2024;LOYER JANVIER;1 234,56;\n30/01/2024;VIREMENT ÉMILE;;2 000,00\n"
_QUALTRICS = (
    'StartDate,Finished,Q1,Q2\nStart Date,Finished,"How old are you, in years?",Comments\n'
    '"{""ImportId"":""startDate"",""timeZone"":""UTC""}","{""ImportId"":""finished""}","{""ImportId"":""QID1""}",'
    '"{""ImportId"":""QID2_TEXT""}"\n'
    '2024-01-31 10:15:30,True,34,"Fine, thanks"\n2024-02-01 11:00:00,False,51,\n'
)
_SAP = (
    "Bestandsliste Werk 1000\n-----------------------------------\n| Material | Menge |      Wert |\n"
    "-----------------------------------\n| A-100    |    10 |    250,00 |\n| B-200    |     5 | 1.250,50- |\n"
    "-----------------------------------\n| Summe    |    15 | 1.000,50- |\n-----------------------------------\n"
)
_MARKDOWN = "| city | people |\n|:-----|-------:|\n| Rome | 2,800,000 |\n| Oslo | 700,000 |\n"
_ERP = (
    "ACME Corp.,,,\nSales by product,,,\nPeriod: Jan 2024,,,\n,,,\nProduct,Units,Price,Revenue\n"
    'Widget,10,$2.50,$25.00\nGadget,4,"$1,000.00","$4,000.00"\nTotal,14,,"$4,025.00"\n,,,\nPrinted 2024-02-01 by jdoe,,,\n'
)
_LOGGER = (
    "# Logger: TH-7\r\n# Serial: 00123; Interval: 60 s\r\ntimestamp;temp_C;humidity_%;status\r\n"
    "2024-01-31 10:00:00,000;21.5;45;OK\r\n2024-01-31 10:01:00,000;NaN;45;ERR\r\n2024-01-31 10:02:00,000;21.7;46;OK\r\n"
)
_WECHAT = (
    "微信支付账单明细,,,,\n微信昵称：[小明],,,,\n起始时间：[2024-01-01 00:00:00],,,,\n,,,,\n"
    "----------------------微信支付账单明细列表--------------------,,,,\n"
    "交易时间,交易类型,收/支,金额(元),交易单号\n"
    "2024-01-31 10:00:00,商户消费,支出,¥12.50,4200001234567890123456\t\n"
    "2024-01-30 09:00:00,转账,收入,¥200.00,4200001234567890123457\t\n"
)
_JAPAN = (
    "第1表　人口の推移\n\n年次,総数,男,女\n,千人,千人,千人\n2019,126167,61411,64756\n2020,126146,61350,64797\n\n"
    "注：各年10月1日現在\n出典：総務省\n"
)
_STATISTICS = (
    'Table 7. Establishments by state\n(thousands)\n\nState,2021,2022\nOhio,"1,250.5",(D)\nUtah,310.2,315.0\n'
    'Iowa,..,298.1\n\n(D) Withheld to avoid disclosing data.\n.. Not available.\n"Source: Bureau, annual survey, 2023."\n'
)
_EUROSTAT = "freq,geo,TIME_PERIOD,OBS_VALUE\nA,DE,2020,1.5\nA,FR,2020,:\nA,IT,2021,2.5\n"
_SHOP = (
    "Order ID,Order Date,Customer,Zip,SKU,Qty,Unit Price,Discount,Shipped?\n"
    '0001,3/4/2024,"O\'Neil, Ann",02139,AB-01,2,"$1,099.00",10%,Yes\n0002,3/14/2024,Bob,90210,AB-02,1,$5.00,0%,No\n'
)
_PIVOT = "Region,Q1 2024,Q2 2024\nNorth,10,20\nSouth,30,40\nGrand Total,40,60\n"
_GERMAN_POINTS = "Land;Einwohner;Fläche\nBayern;13.369.393;70.541,57\nBremen;684.864;419,62\n"
_POSTGRES = " id | name  | total\n----+-------+-------\n  1 | Ann   | 2.50\n  2 | Bob   | 3.75\n(2 rows)\n"
_MYSQL = (
    "+----+------+-------+\n| id | name | total |\n+----+------+-------+\n|  1 | Ann  |  2.50 |\n|  2 | NULL |  3.75 |\n"
    "+----+------+-------+\n2 rows in set (0.00 sec)\n"
)
_INDIA = 'Date,Particulars,Debit,Credit\n31-01-2024,Rent,"25,000.00",-\n15-01-2024,Salary,-,"1,50,000.00"\n'
_LISTS = "respondent;tools\n1;Excel, Python\n2;R\n3;Excel, R, SQL\n"

CASES: list[Case] = [
    one(
        "german-bank-all-quoted",
        "umsaetze.csv",
        _SPARKASSE.encode("cp1252"),
        [
            "Auftragskonto",
            "Buchungstag",
            "Valutadatum",
            "Verwendungszweck",
            "Beguenstigter",
            "Betrag",
            "Waehrung",
        ],
        "TDDTTFT",
        [
            [
                "DE02120300000000202051",
                "2024-01-31",
                "2024-01-31",
                "Miete Februar",
                "Müller & Söhne",
                -850.0,
                "EUR",
            ],
            [
                "DE02120300000000202051",
                "2024-01-30",
                "2024-01-30",
                "Gehalt; Bonus",
                "Firma GmbH",
                2512.34,
                "EUR",
            ],
        ],
        read_as={"encoding": "cp1252", "delimiter": ";"},
    ),
    one(
        "german-bank-with-facts-above",
        "1234.csv",
        _DKB.encode("latin-1"),
        ["Buchungstag", "Wertstellung", "Buchungstext", "Auftraggeber", "Verwendungszweck", "Betrag (EUR)"],
        "DDTTTF",
        [
            ["2024-01-02", "2024-01-02", "Lastschrift", "Stadtwerke", "Strom, Abschlag", -85.2],
            ["2024-01-15", "2024-01-16", "Gutschrift", "Firma GmbH", "Gehalt", 2512.34],
        ],
        read_as={"header_row": 4},
    ),
    one(
        "american-bank-with-a-summary-above",
        "stmt.csv",
        _US_BANK,
        ["Date", "Description", "Amount", "Running Bal."],
        "DTFF",
        [["2024-01-02", "Coffee, Main St", -4.5, 995.5], ["2024-01-15", "Payroll", 500.0, 1495.5]],
    ),
    one(
        "french-bank",
        "releve.csv",
        _FRANCE.encode("cp1252"),
        ["Date", "Libellé", "Débit euros", "Crédit euros"],
        "DTFF",
        [["2024-01-31", "LOYER JANVIER", 1234.56, None], ["2024-01-30", "VIREMENT ÉMILE", None, 2000.0]],
    ),
    one(
        "survey-of-qualtrics",
        "survey.csv",
        _QUALTRICS,
        ["StartDate", "Finished", "Q1", "Q2"],
        "DBIT",
        [["2024-01-31T10:15:30", True, 34, "Fine, thanks"], ["2024-02-01T11:00:00", False, 51, None]],
        said=[(None, "rows of labels under the header left out", 2)],
    ),
    one(
        "list-of-sap-in-frames",
        "bestand.txt",
        _SAP.encode("cp1252"),
        ["Material", "Menge", "Wert"],
        "TIF",
        [["A-100", 10, 250.0], ["B-200", 5, -1250.5]],
        said=[(None, '"Summe"', 1)],
        read_as={"delimiter": "|"},
    ),
    one("markdown", "t.txt", _MARKDOWN, ["city", "people"], "TI", [["Rome", 2800000], ["Oslo", 700000]]),
    one(
        "erp-report-with-titles-and-total",
        "report.csv",
        _ERP,
        ["Product", "Units", "Price", "Revenue"],
        "TIFF",
        [["Widget", 10, 2.5, 25.0], ["Gadget", 4, 1000.0, 4000.0]],
        said=[(None, '"Total"', 1), (None, "notes below the table left out", 1)],
    ),
    one(
        "data-logger",
        "log.csv",
        _LOGGER,
        ["timestamp", "temp_C", "humidity_%", "status"],
        "DFIT",
        [
            ["2024-01-31T10:00:00", 21.5, 45, "OK"],
            ["2024-01-31T10:01:00", None, 45, "ERR"],
            ["2024-01-31T10:02:00", 21.7, 46, "OK"],
        ],
        said=[("temp_C", '"NaN" -> missing', 1)],
    ),
    one(
        "chinese-payments",
        "bill.csv",
        _WECHAT.encode("gb18030"),
        ["交易时间", "交易类型", "收/支", "金额(元)", "交易单号"],
        "DTTFT",
        [
            ["2024-01-31T10:00:00", "商户消费", "支出", 12.5, "4200001234567890123456\t"],
            ["2024-01-30T09:00:00", "转账", "收入", 200.0, "4200001234567890123457\t"],
        ],
        read_as={"encoding": "gb18030"},
    ),
    one(
        "japanese-statistics",
        "jinko.csv",
        _JAPAN.encode("cp932"),
        ["年次", "総数 (千人)", "男 (千人)", "女 (千人)"],
        "IIII",
        [[2019, 126167, 61411, 64756], [2020, 126146, 61350, 64797]],
        said=[(None, "notes below the table left out", 2)],
        read_as={"encoding": "cp932", "header_rows": 2},
    ),
    one(
        "american-statistics-with-footnotes",
        "t07.csv",
        _STATISTICS,
        ["State", "2021", "2022"],
        "TFF",
        [["Ohio", 1250.5, None], ["Utah", 310.2, 315.0], ["Iowa", None, 298.1]],
        said=[
            ("2022", '"(D)" -> missing', 1),
            ("2021", '".." -> missing', 1),
            (None, "notes below the table", 3),
        ],
    ),
    one(
        "eurostat",
        "e.csv",
        _EUROSTAT,
        ["freq", "geo", "TIME_PERIOD", "OBS_VALUE"],
        "TTIF",
        [["A", "DE", 2020, 1.5], ["A", "FR", 2020, None], ["A", "IT", 2021, 2.5]],
    ),
    one(
        "web-shop-orders",
        "orders.csv",
        _SHOP,
        ["Order ID", "Order Date", "Customer", "Zip", "SKU", "Qty", "Unit Price", "Discount", "Shipped?"],
        "TDTTTIFIB",
        [
            ["0001", "2024-03-04", "O'Neil, Ann", "02139", "AB-01", 2, 1099.0, 10, True],
            ["0002", "2024-03-14", "Bob", "90210", "AB-02", 1, 5.0, 0, False],
        ],
        unsaid=["ambiguous"],
    ),
    one(
        "pivot-table",
        "pivot.csv",
        _PIVOT,
        ["Region", "Q1 2024", "Q2 2024"],
        "TII",
        [["North", 10, 20], ["South", 30, 40]],
        said=[(None, '"Grand Total"', 1)],
    ),
    one(
        "german-points-of-thousands",
        "laender.csv",
        _GERMAN_POINTS,
        ["Land", "Einwohner", "Fläche"],
        "TIF",
        [["Bayern", 13369393, 70541.57], ["Bremen", 684864, 419.62]],
    ),
    one(
        "points-of-thousands-or-decimals-are-not-guessed",
        "p.csv",
        "Ort;Zahl\nA;1.234\nB;2.500\n",
        ["Ort", "Zahl"],
        "TT",
        [["A", "1.234"], ["B", "2.500"]],
        said=[("Zahl", "points may be decimal marks or thousands separators", 2)],
    ),
    one(
        "printed-by-psql",
        "out.txt",
        _POSTGRES,
        ["id", "name", "total"],
        "ITF",
        [[1, "Ann", 2.5], [2, "Bob", 3.75]],
    ),
    one(
        "printed-by-mysql",
        "out.txt",
        _MYSQL,
        ["id", "name", "total"],
        "ITF",
        [[1, "Ann", 2.5], [2, None, 3.75]],
    ),
    one(
        "indian-ledger",
        "ledger.csv",
        _INDIA,
        ["Date", "Particulars", "Debit", "Credit"],
        "DTFF",
        [["2024-01-31", "Rent", 25000.0, None], ["2024-01-15", "Salary", None, 150000.0]],
    ),
    one(
        "answers-with-commas-between-semicolons",
        "tools.csv",
        _LISTS,
        ["respondent", "tools"],
        "IT",
        [[1, "Excel, Python"], [2, "R"], [3, "Excel, R, SQL"]],
        read_as={"delimiter": ";"},
    ),
    one(
        "ids-in-formulas",
        "ids.csv",
        'id,n\n="00123",1\n="00045",2\n',
        ["id", "n"],
        "TI",
        [["00123", 1], ["00045", 2]],
        said=[("id", "read as the text in it", 2)],
    ),
    one(
        "dos-end-of-file",
        "dos.csv",
        b"a,b\r\n1,x\r\n2,y\r\n\x1a",
        ["a", "b"],
        "IT",
        [[1, "x"], [2, "y"]],
    ),
]
