"""Commercial documents: invoices, credit notes, debit notes, pro-formas.

Pure: `parties`, `model`, `assemble`, `wording`, `checks`, `cii`. With the
machine: `seller_file`, `schematron` (a process of its own), `validation`,
`pdf`, `maker`. The domain decides amounts and numbers; here they are only said.
"""
