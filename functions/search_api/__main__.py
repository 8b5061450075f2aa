"""Print the API's contract: `python -m search_api > docs/openapi.json` renews the copy that the repository keeps."""

import sys

from search_api.contract import document
from search_api.routes import app

sys.stdout.write(document(app))
