from . import test_access
from . import test_browser_web_client
from . import test_case_life
from . import test_demo
from . import test_night
from . import test_outbox
from . import test_security_groups
from . import test_translations
