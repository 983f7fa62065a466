"""The consolidated diagnosis: what all communities found, as a matrix, as totals, as a workbook and as a document."""
