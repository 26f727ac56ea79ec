"""perfmon's entry into a Django project."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PerfmonConfig(AppConfig):
    """Installs the recorders once Django is ready; nothing is read or connected to before it is needed."""

    name = "perfmon"
    verbose_name = _("Performance")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register recorders, system checks and, for a project without Valkey, the collector of this process."""
        from perfmon import checks  # noqa: F401  registers
        from perfmon.collector.local import start_when_serving
        from perfmon.recorders import install_recorders

        install_recorders()
        start_when_serving()
