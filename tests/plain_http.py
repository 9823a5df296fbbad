"""What clients of plain HTTP get in place of the system's certificates, which take longer to read than most tests.

Rule: it trusts nobody, so that a test that does speak TLS by mistake fails.
"""

import ssl

NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
