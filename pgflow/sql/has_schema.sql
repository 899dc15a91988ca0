select to_regclass('pgflow.migration') is not null
