"""A fresh world per test: real broker, real stores, signed realm."""

from tests.broker_fixtures import broker as broker
from tests.flows.conftest import realm as realm
from tests.flows.conftest import world as world
