"""Errors cross process borders as they are: a pool of workers pickles them."""

import pickle

import pytest

from fluxttice_core import errors

ALL = [
    one
    for one in vars(errors).values()
    if isinstance(one, type) and issubclass(one, errors.FluxtticeError)
]
ARGUMENTS = {
    errors.VerificationError: (("weights: expected a, got b", "coverage: expected 1, got 2"),),
    errors.MissingExtraError: ("a picture", "report"),
}


@pytest.mark.parametrize("kind", ALL)
def test_an_error_survives_pickling(kind):
    error = kind(*ARGUMENTS.get(kind, ("what went wrong",)))
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert str(again) == str(error)
    assert vars(again) == vars(error)
