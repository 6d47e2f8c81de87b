"""write-hyper.py ROWS.parquet OUT.hyper: rows as an extract of Tableau, by Tableau's own library (tableauhyperapi).

Part of the program (lib/report/hyper.c), which runs it in a Python of the user's. One line on stdout, at most 500 bytes:
`ok ROWS`, `missing WHY` where the library is not there, `failed WHY`. The table is "Extract"."Extract", which is where
Tableau looks. A time with its zone becomes one in UTC without: extracts have no zones.
"""
import sys

sys.path.pop(0)  # where this text lies is no place for modules
import os


def select_list(connection, rows, TypeTag):
    result = connection.execute_query(f"SELECT * FROM {rows} LIMIT 0")
    with result:
        columns = list(result.schema.columns)
    return ", ".join(
        f"{c.name} AT TIME ZONE 'UTC' AS {c.name}" if c.type.tag == TypeTag.TIMESTAMP_TZ else str(c.name) for c in columns
    )


def write(source, target):
    from tableauhyperapi import Connection, CreateMode, HyperProcess, Telemetry, TypeTag, escape_string_literal

    rows = f"external({escape_string_literal(source)}, FORMAT => 'parquet')"
    with HyperProcess(Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU, parameters={"log_config": ""}) as hyper:
        with Connection(hyper.endpoint, target, CreateMode.CREATE_AND_REPLACE) as connection:
            connection.catalog.create_schema("Extract")
            chosen = select_list(connection, rows, TypeTag)
            connection.execute_command(f'CREATE TABLE "Extract"."Extract" AS (SELECT {chosen} FROM {rows})')
            return connection.execute_scalar_query('SELECT COUNT(*) FROM "Extract"."Extract"')


def main(source, target):
    os.chdir(os.path.dirname(target))  # what the library leaves behind is taken away with the folder
    os.environ["TMPDIR"] = os.getcwd()
    try:
        return f"ok {write(source, target)}"
    except ImportError as error:
        return f"missing {error}"
    except Exception as error:  # whatever it is, it is told in one line
        return f"failed {error}"


if __name__ == "__main__":
    print(" ".join(main(*sys.argv[1:3]).split())[:400])
