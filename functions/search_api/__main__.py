"""Print the API's contract: `python -m search_api > docs/openapi.json` renews the copy that the repository keeps."""

import sys

from search_api.app import app
from search_api.contract import document

sys.stdout.write(document(app))
