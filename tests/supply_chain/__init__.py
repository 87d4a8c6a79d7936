"""What the product is made of, and what must not be in its repository.

bill_of_materials  the packages, with versions and licences (`make sbom`)
dependency_audit   known weaknesses of the pinned packages (`make audit`)
secret_scan        passwords and keys in tracked files (a test, and a hook of pre-commit)
"""
