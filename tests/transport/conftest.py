from tests.broker_fixtures import broker as broker
