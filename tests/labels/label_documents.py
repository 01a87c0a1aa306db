"""Documents that are taken, with the label they mean and the warnings."""

from datetime import UTC, datetime

import pytest

from schemas.interop.stanag4774 import LabelWarningCode
from tests.labels.label_cases import category, label, xml

W = LabelWarningCode

OTHER = "<s:PolicyIdentifier>SWE</s:PolicyIdentifier>"
MEANT = [
    pytest.param(xml(), label("NATO", "NATO SECRET", "NATO"), (), id="the context alone"),
    pytest.param(
        xml(
            policy="<s:PolicyIdentifier>\n nato </s:PolicyIdentifier>",
            level="<s:Classification>top  secret</s:Classification>",
        ),
        label("NATO", "COSMIC TOP SECRET", "NATO"),
        (),
        id="values of the NATO policy in another case",
    ),
    pytest.param(
        xml(category("Context", "NATO", "Releasable"), category("Releasable To", "NATO", "jpn", "PACIFIC")),
        label("NATO", "NATO SECRET", "JPN", "NATO", "PACIFIC"),
        (),
        id="the context and more",
    ),
    pytest.param(
        xml(category("Context", "NATO"), category("Only", "SWE", "FIN")),
        label("NATO", "NATO SECRET", "FIN", "SWE"),
        (),
        id="a part of the context",
    ),
    pytest.param(
        xml(
            category("Context", "NATO", "Releasable"),
            category("Only", "NORDIC"),
            category("Releasable To", "NATO", "JPN"),
        ),
        label("NATO", "NATO SECRET", "JPN", "NORDIC"),
        (),
        id="a part of the context and others: the repeated context adds nobody",
    ),
    pytest.param(
        xml(category("Context", "KFOR"), category("Only", "NATO", "IRL")),
        label("NATO", "NATO SECRET", "FIN", "IRL", "POL"),
        (W.GROUP_NARROWED,),
        id="a group that reaches beyond the context",
    ),
    pytest.param(
        xml(category("Context", "resolute support")),
        label("NATO", "NATO SECRET", "RESOLUTE-SUPPORT"),
        (),
        id="a context of two words",
    ),
    pytest.param(
        xml(
            category("Context", "NATO"),
            category("Additional Sensitivity", "crypto", "ATOMAL", kind="RESTRICTIVE"),
        ),
        label("NATO", "NATO SECRET", "NATO", restrictive=["ATOMAL", "CRYPTO"]),
        (),
        id="restrictive categories",
    ),
    pytest.param(
        xml(
            category("Context", "NATO"),
            category("Administrative", "STAFF", kind="INFORMATIVE"),
            category("Colour", kind="INFORMATIVE"),
            level="<s:Classification>UNCLASSIFIED</s:Classification>",
            mark="<s:PrivacyMark>CLEAR</s:PrivacyMark>",
        ),
        label("NATO", "NATO UNCLASSIFIED", "NATO"),
        (W.PRIVACY_MARK_IGNORED, W.INFORMATIVE_IGNORED, W.INFORMATIVE_IGNORED),
        id="a privacy mark and handling information",
    ),
    pytest.param(
        xml(category("Releasable To", "FIN", "NORDIC"), policy=OTHER),
        label("SWE", "SECRET", "FIN", "NORDIC"),
        (),
        id="another policy",
    ),
    pytest.param(
        xml(category("Additional Sensitivity", "röd", kind="RESTRICTIVE"), policy=OTHER),
        label("SWE", "SECRET", restrictive=["röd"]),
        (W.RELEASE_LIST_ABSENT,),
        id="another policy without an audience: nobody",
    ),
    pytest.param(
        xml(
            category("Releasable To", "FIN", more=' URI="urn:oid:2.999.1"'),
            policy='<s:PolicyIdentifier URI="urn:oid:2.999">SWE</s:PolicyIdentifier>',
        ),
        label("SWE", "SECRET", "FIN"),
        (W.URI_NOT_CHECKED, W.URI_NOT_CHECKED),
        id="identifiers that are not known",
    ),
    pytest.param(
        xml(
            attributes='Id="a1" ReviewDateTime="2031-03-01T01:00:00.1234567+01:00" '
            'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:schemaLocation="a b"',
            before='<!-- who --><s:OriginatorID IDType="jID">x@example.org</s:OriginatorID>',
            after="<e:Handling><e:DisplayOnlyTo><e:Value>AUS</e:Value></e:DisplayOnlyTo></e:Handling>",
        ),
        label(
            "NATO",
            "NATO SECRET",
            "NATO",
            display_only_to=["AUS"],
            review_at=datetime(2031, 3, 1, 0, 0, 0, 123456, UTC),
        ),
        (W.SCHEMA_LOCATION_IGNORED,),
        id="everything beside",
    ),
]
