"""Who gets which variant of a simulated experiment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from headwater.simulate.company import EXPERIMENTS, Experiment
from headwater.simulate.people import variants_of

PERSONS = np.arange(100_000)


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda experiment: experiment.experiment_id)
def test_each_deal_is_a_lot_of_its_own(experiment: Experiment) -> None:
    """Each variant has its share of the people who had one in the deal before."""
    count = len(experiment.variants)
    deals = [variants_of(replace(experiment, deal=deal), PERSONS) for deal in range(3)]
    assert (deals[0] == variants_of(experiment, PERSONS)).all()
    for one, other in ((0, 1), (1, 2), (0, 2)):
        met = np.bincount(deals[one] * count + deals[other], minlength=count**2)
        assert met == pytest.approx(len(PERSONS) / count**2, rel=0.07)
