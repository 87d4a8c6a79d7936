"""Signals: pairs of a drug and an event that are reported more often than expected.

`disproportionality`, `gamma_poisson`, `prior_fitting`, `multiplicity`, `consensus` and `unmasking` are
functions of counts.
`misclassification` corrects counts for the errors of the model, and `series` follows counts over time.
"""

__all__: list[str] = []
