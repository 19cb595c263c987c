"""app, for a WSGI server of another make (gunicorn charterflow.wsgi:app); `charterflow work` then runs the jobs."""

from charterflow.assembly import build
from charterflow.config import read_config
from charterflow.logs import write_logs

_config = read_config()
write_logs(_config.log_level)
app = build(_config).app
