"""The questions, in each server's words, so that the answers have one form."""

QUESTIONS = ("Q1", "Q2", "Q3", "Q4", "M1")

ABOUT = {
    "Q1": "an organization with municipality, liaisons, latest allocation, 5 newest meetings and proposals",
    "Q2": "a page of 20 of the same",
    "Q3": "50 meetings after a cursor, with organization",
    "Q4": "the viewer, three fields",
    "M1": "a passage of 2 KB of minutes recorded, audit and event included",
}

MEETING = "id startsAt title venue audienceCount state"
PROPOSAL = "id title state requestedYen submittedAt"
LIAISON = "id role kind staffName termStart account { id name }"
PAGE = "pageInfo { endCursor hasNextPage }"

#: Ours, and yoga's too: it was given our schema.
_NESTED = f"""id name nameKana kind stage phone email
  municipality {{ id name }}
  district {{ id name liaisons {{ {LIAISON} }} }}
  latestAllocation {{ id fiscalYear amountYen basis }}
  roundtables(first: 5) {{ nodes {{ {MEETING} }} }}
  proposals(first: 5) {{ nodes {{ {PROPOSAL} }} }}"""

OURS = {
    "Q1": f"query Q1($id: ID!) {{ organization(id: $id) {{ {_NESTED} }} }}",
    "Q2": f"query Q2 {{ organizations(first: 20) {{ nodes {{ {_NESTED} }} {PAGE} }} }}",
    "Q3": f"query Q3($after: String) {{ roundtables(first: 50, after: $after)"
    f" {{ nodes {{ {MEETING} organization {{ id name }} }} {PAGE} }} }}",
    "Q4": "query Q4 { viewer { id name nameKana } }",
    "M1": "mutation M1($input: RoundtablePassageRecordInput!)"
    " { passage: roundtablePassageRecord(input: $input) { id number } }",
}

YOGA = OURS | {"M1": "mutation M1($input: PassageInput!) { passage: passageRecord(input: $input) { id number } }"}


def _amber(fields):
    """PostGraphile's Amber preset keeps `id` for its own ids and calls the column rowId."""
    return fields.replace("id ", "id: rowId ", 1)


def _below(name, order, fields, more=""):
    return f"{name}(orderBy: [{order}]{more}) {{ nodes {{ {fields} }} }}"


_ACCOUNT = "account: accountByMunicipalityIdAndAccountId { id: rowId name }"
_LIAISONS = _below(
    "liaisonAssignmentsByMunicipalityIdAndDistrictId",
    "TERM_START_ASC, PRIMARY_KEY_ASC",
    f"id: rowId role kind staffName termStart {_ACCOUNT}",
    ', condition: { state: "APPOINTED" }',
)
_ALLOCATION = _below(
    "grantAllocationsByMunicipalityIdAndOrganizationId",
    "FISCAL_YEAR_DESC, PRIMARY_KEY_DESC",
    "id: rowId fiscalYear amountYen basis",
    ", first: 1",
)
_MEETINGS = _below(
    "roundtablesByMunicipalityIdAndOrganizationId", "STARTS_AT_DESC, PRIMARY_KEY_DESC", _amber(MEETING), ", first: 5"
)
_PROPOSALS = _below(
    "challengeProposalsByMunicipalityIdAndOrganizationId",
    "CREATED_AT_DESC, PRIMARY_KEY_DESC",
    _amber(PROPOSAL),
    ", first: 5",
)
_AMBER_NESTED = f"""id: rowId name nameKana kind stage phone email
  municipality: municipalityByMunicipalityId {{ id: rowId name }}
  district: districtByMunicipalityIdAndDistrictId {{ id: rowId name liaisons: {_LIAISONS} }}
  latestAllocation: {_ALLOCATION}
  roundtables: {_MEETINGS}
  proposals: {_PROPOSALS}"""

POSTGRAPHILE = {
    "Q1": "query Q1($town: UUID!, $id: UUID!)"
    " { organization: organizationByMunicipalityIdAndRowId(municipalityId: $town, rowId: $id)"
    f" {{ {_AMBER_NESTED} }} }}",
    "Q2": "query Q2 { organizations: allOrganizations(first: 20, orderBy: [NAME_KANA_ASC, PRIMARY_KEY_ASC])"
    f" {{ nodes {{ {_AMBER_NESTED} }} {PAGE} }} }}",
    "Q3": "query Q3($after: Cursor)"
    " { roundtables: allRoundtables(first: 50, after: $after, orderBy: [STARTS_AT_DESC, PRIMARY_KEY_DESC])"
    f" {{ nodes {{ {_amber(MEETING)}"
    f" organization: organizationByMunicipalityIdAndOrganizationId {{ id: rowId name }} }} {PAGE} }} }}",
    "Q4": "query Q4($town: UUID!, $id: UUID!)"
    " { viewer: accountByMunicipalityIdAndRowId(municipalityId: $town, rowId: $id) { id: rowId name nameKana } }",
    "M1": "mutation M1($passage: RoundtablePassageInput!)"
    " { made: createRoundtablePassage(input: { roundtablePassage: $passage })"
    " { passage: roundtablePassage { id: rowId number } } }",
}

#: About 2 KB of minutes in UTF-8.
MINUTES = "議題について意見を交わした。防災、見守り、移動の足、資金の計画を確かめた。" * 19
SESSION = "SESSION1"
