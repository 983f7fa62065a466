"""How gunicorn serves Minka: `python -m gunicorn -c config/gunicorn.py config.wsgi`.

MINKA_ESCUCHA says where (unless systemd hands over its socket), WEB_CONCURRENCY how many processes.
"""

import os
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cuentas.operacion.bitacora import ajustes

bind = os.environ.get("MINKA_ESCUCHA", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 4
timeout = 60
graceful_timeout = 30
keepalive = 5
# A process is made anew now and then, not all at once: whatever memory a big export left is given back.
max_requests = 5000
max_requests_jitter = 500
# No second door into the processes.
control_socket_disable = True
limit_request_line = 4094
limit_request_fields = 60
limit_request_field_size = 8190
# Whose X-Forwarded-Proto is believed.
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")

# The line of access is written by cuentas.operacion.peticiones; everything else in the same format.
accesslog = None
logconfig_dict = ajustes(
    formato=os.environ.get("MINKA_BITACORA", "json" if os.environ.get("MINKA_PRODUCCION") == "1" else "texto"),
    nivel=os.environ.get("MINKA_BITACORA_NIVEL", "INFO"),
)

metricas = os.environ.get("PROMETHEUS_MULTIPROC_DIR")


def on_starting(server) -> None:
    """Forget what processes of an earlier server counted: their files have names that ours may take."""
    if metricas:
        shutil.rmtree(metricas, ignore_errors=True)
        Path(metricas).mkdir(parents=True)


def child_exit(server, worker) -> None:
    """What a process had in progress ends with it; what it counted stays counted."""
    if metricas:
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)
