"""BugSnag's Data Access API v2 as its users meet it. Rule: a recording beats the vendor's document, a guess says so.

Letters at facts are those of the contract's evidence list: C recorded, A O D vendor's documents, L probed live in
2026, T third party, G guess.
"""
