import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("demandas", "0007_envio_huella"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        TrigramExtension(),
        migrations.CreateModel(
            name="UnionDeDemandas",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "estado_previo",
                    models.CharField(
                        choices=[
                            ("registrada", "registrada"),
                            ("validada", "validada"),
                            ("priorizada_distrito", "priorizada en el distrito"),
                            ("priorizada_municipio", "priorizada en el municipio"),
                            ("incorporada_pdm", "incorporada al PDM"),
                            ("programada", "programada"),
                            ("ejecutada", "ejecutada"),
                            ("devuelta", "devuelta"),
                            ("rechazada", "rechazada"),
                            ("unida", "unida a otra"),
                        ],
                        max_length=20,
                    ),
                ),
                ("llevado", models.JSONField(default=dict)),
                ("antes", models.JSONField(default=dict)),
                ("despues", models.JSONField(default=dict)),
                ("cuando", models.DateTimeField(auto_now_add=True)),
                ("separada", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "unión de demandas",
                "verbose_name_plural": "uniones de demandas",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="UnionDeDemandasEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("id", models.BigIntegerField()),
                (
                    "estado_previo",
                    models.CharField(
                        choices=[
                            ("registrada", "registrada"),
                            ("validada", "validada"),
                            ("priorizada_distrito", "priorizada en el distrito"),
                            ("priorizada_municipio", "priorizada en el municipio"),
                            ("incorporada_pdm", "incorporada al PDM"),
                            ("programada", "programada"),
                            ("ejecutada", "ejecutada"),
                            ("devuelta", "devuelta"),
                            ("rechazada", "rechazada"),
                            ("unida", "unida a otra"),
                        ],
                        max_length=20,
                    ),
                ),
                ("llevado", models.JSONField(default=dict)),
                ("antes", models.JSONField(default=dict)),
                ("despues", models.JSONField(default=dict)),
                ("cuando", models.DateTimeField(auto_now_add=True)),
                ("separada", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="uniondedemandas",
            name="demanda",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="uniones", to="demandas.demanda"
            ),
        ),
        migrations.AddField(
            model_name="uniondedemandas",
            name="por",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="uniondedemandas",
            name="queda",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="uniones_recibidas", to="demandas.demanda"
            ),
        ),
        migrations.AddField(
            model_name="uniondedemandas",
            name="separada_por",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="uniondedemandasevent",
            name="demanda",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="demandas.demanda",
            ),
        ),
        migrations.AddField(
            model_name="uniondedemandasevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="registro",
                to="demandas.uniondedemandas",
            ),
        ),
        migrations.AddField(
            model_name="uniondedemandasevent",
            name="por",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="uniondedemandasevent",
            name="queda",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="demandas.demanda",
            ),
        ),
        migrations.AddField(
            model_name="uniondedemandasevent",
            name="separada_por",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="uniondedemandas",
            constraint=models.UniqueConstraint(
                condition=models.Q(("separada", None)), fields=("demanda",), name="union_de_demandas_una_en_vigor"
            ),
        ),
        migrations.AddConstraint(
            model_name="uniondedemandas",
            constraint=models.CheckConstraint(
                condition=models.Q(("demanda", models.F("queda")), _negated=True), name="union_de_demandas_de_dos"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="uniondedemandas",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "demandas_uniondedemandasevent" ("antes", "cuando", "demanda_id", "despues", "estado_previo", "id", "llevado", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "por_id", "queda_id", "separada", "separada_por_id") SELECT new_values."antes", new_values."cuando", new_values."demanda_id", new_values."despues", new_values."estado_previo", new_values."id", new_values."llevado", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, clock_timestamp(), \'insert\', new_values."id", new_values."por_id", new_values."queda_id", new_values."separada", new_values."separada_por_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="eb0225c9bf455811356cf212cf0d0ccb548e4c5e",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_26c61",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="demandas_uniondedemandas",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="uniondedemandas",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "demandas_uniondedemandasevent" ("antes", "cuando", "demanda_id", "despues", "estado_previo", "id", "llevado", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "por_id", "queda_id", "separada", "separada_por_id") SELECT new_values."antes", new_values."cuando", new_values."demanda_id", new_values."despues", new_values."estado_previo", new_values."id", new_values."llevado", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, clock_timestamp(), \'update\', new_values."id", new_values."por_id", new_values."queda_id", new_values."separada", new_values."separada_por_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="c529b998e6fb97717efb9b73d359a002018a1642",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_aa1b5",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="demandas_uniondedemandas",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="uniondedemandas",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "demandas_uniondedemandasevent" ("antes", "cuando", "demanda_id", "despues", "estado_previo", "id", "llevado", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "por_id", "queda_id", "separada", "separada_por_id") SELECT old_values."antes", old_values."cuando", old_values."demanda_id", old_values."despues", old_values."estado_previo", old_values."id", old_values."llevado", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, clock_timestamp(), \'delete\', old_values."id", old_values."por_id", old_values."queda_id", old_values."separada", old_values."separada_por_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="d9bcf593320b7fe4a0fd82bd72facaeb5ebab184",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_0479b",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="demandas_uniondedemandas",
                    when="AFTER",
                ),
            ),
        ),
    ]
