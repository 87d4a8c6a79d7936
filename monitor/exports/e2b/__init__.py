"""E2B(R3): cases as messages for authorities (ICSR, HL7 v3), and a check of such files.

icsr              the content of a report
case_rows         cases with their posts, read from the database
case_reports      a report from a case: which field gets what
patient_part      the patient, the reaction and the drug as XML
batch_writing     a whole batch as XML
batch_export      an export from its cases to its file
xml_parts         parts of the XML: texts, times, identifiers, observations
oids              code systems
elements.toml     the data elements of the standard, as a table; `check_table` reads it
checking          the check of a file, by
  safe_xml        a parser for files from anywhere
  check_structure order, wrappers, receivers
  check_elements  each data element, with check_values
  check_rules     several elements together
schema_check      the check against the schema files of ICH, which the user has
check_findings    what is wrong

It needs the extra `exports`, so nothing else is imported here. `docs/e2b.md` explains the fields.
"""

from monitor.exports.e2b.errors import E2bError, require_lxml

__all__ = ["E2bError", "require_lxml"]
