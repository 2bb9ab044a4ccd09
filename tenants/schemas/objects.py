"""What a schema is made of: one question to the catalog."""

from __future__ import annotations

# Each object with all that makes it what it is, apart from the name of its schema. The search path
# is the schema alone, so PostgreSQL writes names in it without it; where it always writes it, it is
# taken out, and nowhere else: a text in the middle of a function may look like it.
#
# All is found by what depends on the schema, as in `console.postgres.rights`, or by its table:
# whatever has no such index would be read for every schema of the database. An index that a
# constraint made is in the constraint's definition; PostgreSQL takes 0.1 ms to write down each.
#
# What changes nothing that code could notice is not here, so that whoever runs the database is
# free to set it: comments, and how rows are stored (fillfactor, autovacuum, statistics targets).
OBJECTS = r"""
WITH inside AS MATERIALIZED (
    SELECT classid, objid FROM pg_depend
    WHERE refclassid = 'pg_namespace'::regclass
      AND refobjid = quote_ident(%(schema)s)::regnamespace
), relations AS MATERIALIZED (
    SELECT c.* FROM inside JOIN pg_class c ON c.oid = objid
    WHERE classid = 'pg_class'::regclass AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
)
SELECT concat(CASE WHEN relkind IN ('v', 'm') THEN 'view ' ELSE 'table ' END, relname),
    concat_ws(' ',
        CASE relpersistence WHEN 'u' THEN 'UNLOGGED' END,
        CASE relkind WHEN 'r' THEN 'TABLE' WHEN 'p' THEN 'PARTITIONED TABLE' WHEN 'v' THEN 'VIEW'
            WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'FOREIGN TABLE' END,
        CASE WHEN relrowsecurity THEN 'ROW SECURITY' END,
        CASE WHEN relforcerowsecurity THEN 'FORCED' END,
        CASE relkind WHEN 'p' THEN concat('BY ', pg_get_partkeydef(oid))
            WHEN 'v' THEN concat_ws(' ', 'WITH ' || array_to_string(reloptions, ', '),
                'AS', btrim(pg_get_viewdef(oid)))
            WHEN 'm' THEN concat_ws(' ', 'AS', btrim(pg_get_viewdef(oid)),
                CASE WHEN NOT relispopulated THEN 'WITH NO DATA' END) END,
        (SELECT 'INHERITS ' || string_agg(inhparent::regclass::text, ', ' ORDER BY inhseqno)
         FROM pg_inherits WHERE inhrelid = oid),
        pg_get_expr(relpartbound, oid))
FROM relations WHERE relkind <> 'S'
UNION ALL
SELECT concat('column ', relname, '.', attname),
    concat_ws(' ', format_type(atttypid, atttypmod),
        CASE WHEN attcollation <> 0 THEN concat('COLLATE ', attcollation::regcollation) END,
        CASE WHEN attnotnull THEN 'NOT NULL' END,
        CASE attidentity WHEN 'd' THEN 'BY DEFAULT AS IDENTITY' WHEN 'a' THEN 'AS IDENTITY' END,
        CASE WHEN attgenerated <> '' THEN concat('GENERATED ', attgenerated) END,
        'DEFAULT ' || pg_get_expr(adbin, adrelid))
FROM relations JOIN pg_attribute ON attrelid = relations.oid
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attnum > 0 AND NOT attisdropped AND relkind <> 'S'
UNION ALL
SELECT concat('constraint ', relname, '.', conname),
    pg_get_constraintdef(con.oid)
FROM relations JOIN pg_constraint con ON conrelid = relations.oid WHERE contype <> 'n'
UNION ALL
SELECT concat('index ', indexrelid::regclass),
    concat_ws(' ', replace(replace(pg_get_indexdef(indexrelid),
            ' ON ' || quote_ident(%(schema)s) || '.', ' ON '),
            ' ON ONLY ' || quote_ident(%(schema)s) || '.', ' ON ONLY '),
        CASE WHEN NOT indisvalid THEN 'INVALID' END)
FROM relations JOIN pg_index ON indrelid = relations.oid
WHERE NOT EXISTS (
    SELECT FROM pg_constraint
    WHERE conrelid = relations.oid AND conindid = indexrelid AND contype IN ('p', 'u', 'x')
)
UNION ALL
SELECT concat('sequence ', relname),
    concat_ws(' ', seqtypid::regtype, 'START', seqstart, 'INCREMENT', seqincrement,
        'FROM', seqmin, 'TO', seqmax, CASE WHEN seqcycle THEN 'CYCLE' END,
        (SELECT concat('OWNED BY ', refobjid::regclass, '.', attname)
         FROM pg_depend JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
         WHERE classid = 'pg_class'::regclass AND objid = seqrelid AND deptype IN ('a', 'i')))
FROM relations JOIN pg_sequence ON seqrelid = relations.oid
UNION ALL
SELECT concat('function ', p.oid::regprocedure),
    CASE prokind
        WHEN 'a' THEN (SELECT concat_ws(' ', 'AGGREGATE', aggtransfn, aggfinalfn,
                format_type(aggtranstype, NULL), agginitval)
            FROM pg_aggregate WHERE aggfnoid = p.oid)
        ELSE replace(
            regexp_replace(pg_get_functiondef(p.oid),
                '^(CREATE OR REPLACE [A-Z]+ )' || quote_ident(%(schema)s) || '\.', '\1'),
            'SET search_path TO ' || quote_literal(%(schema)s), 'SET search_path TO this schema')
    END
FROM inside JOIN pg_proc p ON p.oid = objid WHERE classid = 'pg_proc'::regclass
UNION ALL
-- A foreign key has triggers of PostgreSQL's own: they are worth a word where they are off.
SELECT concat('trigger ', relname, '.', CASE WHEN NOT tgisinternal THEN tgname::text
        ELSE concat_ws(' ', (SELECT conname FROM pg_constraint WHERE oid = tgconstraint),
            tgfoid::regproc) END),
    concat_ws(' ', regexp_replace(pg_get_triggerdef(t.oid),
            '( ON )' || quote_ident(%(schema)s) || '\.', '\1'),
        CASE tgenabled WHEN 'D' THEN 'DISABLED' WHEN 'R' THEN 'ENABLED REPLICA'
            WHEN 'A' THEN 'ENABLED ALWAYS' END)
FROM relations JOIN pg_trigger t ON tgrelid = relations.oid
WHERE NOT tgisinternal OR tgenabled <> 'O'
UNION ALL
SELECT concat('rule ', relname, '.', rulename),
    concat_ws(' ', regexp_replace(pg_get_ruledef(r.oid),
            '( TO )' || quote_ident(%(schema)s) || '\.', '\1'),
        CASE ev_enabled WHEN 'D' THEN 'DISABLED' WHEN 'R' THEN 'ENABLED REPLICA'
            WHEN 'A' THEN 'ENABLED ALWAYS' END)
FROM relations JOIN pg_rewrite r ON ev_class = relations.oid WHERE rulename <> '_RETURN'
UNION ALL
SELECT concat('policy ', relname, '.', polname),
    concat_ws(' ', CASE WHEN polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
        'FOR', CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
            WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
        -- The schema is a part of the names of its roles.
        'TO', (SELECT string_agg(name, ', ' ORDER BY name) FROM (
            SELECT CASE role WHEN 0 THEN 'PUBLIC'
                ELSE replace(role::regrole::text, concat(':', %(schema)s, ':'), ':') END AS name
            FROM unnest(polroles) role) named),
        'USING (' || pg_get_expr(polqual, polrelid) || ')',
        'WITH CHECK (' || pg_get_expr(polwithcheck, polrelid) || ')')
FROM relations JOIN pg_policy ON polrelid = relations.oid
UNION ALL
SELECT concat('type ', typname),
    CASE typtype
        WHEN 'e' THEN (SELECT concat('ENUM ', string_agg(quote_literal(enumlabel), ', '
                ORDER BY enumsortorder))
            FROM pg_enum WHERE enumtypid = t.oid)
        WHEN 'd' THEN concat_ws(' ', 'DOMAIN', format_type(typbasetype, typtypmod),
            CASE WHEN typcollation <> 0 THEN concat('COLLATE ', typcollation::regcollation) END,
            CASE WHEN typnotnull THEN 'NOT NULL' END, 'DEFAULT ' || typdefault,
            (SELECT string_agg(concat_ws(' ', conname, pg_get_constraintdef(oid)), ' '
                ORDER BY conname)
             FROM pg_constraint WHERE contypid = t.oid AND contype <> 'n'))
        WHEN 'c' THEN (SELECT concat('COMPOSITE ', string_agg(
                concat_ws(' ', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum))
            FROM pg_attribute WHERE attrelid = typrelid AND attnum > 0 AND NOT attisdropped)
        WHEN 'r' THEN (SELECT concat('RANGE OF ', format_type(rngsubtype, NULL))
            FROM pg_range WHERE rngtypid = t.oid)
        ELSE 'TYPE'
    END
FROM inside JOIN pg_type t ON t.oid = objid WHERE classid = 'pg_type'::regclass
UNION ALL
-- What is rare, by its name: collations, operators and the like.
SELECT concat(type, ' ', replace(identity, quote_ident(%(schema)s) || '.', '')), upper(type)
FROM inside, pg_identify_object(classid, objid, 0)
WHERE classid = ANY ('{pg_collation,pg_conversion,pg_operator,pg_opclass,pg_opfamily,pg_ts_config,
    pg_ts_dict,pg_ts_parser,pg_ts_template}'::regclass[]::oid[])
"""
