{# on-run-start: every var of dbt_project.yml is there and can be what it is; else nothing runs, and one
   message names each wrong var with its value and the remedy. A new var gets its name in _var_rules.
   Test: tests/python/quality/test_setting_mistakes.py. #}
{% macro require_valid_vars() -%}
    {%- if not execute -%}{{ return('') }}{%- endif -%}
    {%- set mistakes, valid = [], [] -%}
    {%- set sources = graph.get('sources', {}).values() | map(attribute='source_name') | unique | sort -%}
    {%- set rules = _var_rules(sources) -%}
    {%- for rule in rules -%}
        {%- for name in rule.names.split() -%}
            {%- set mistake = _var_mistake(name, rule) -%}
            {%- do (mistakes if mistake else valid).append(mistake or name) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for lower, upper in [
        ('feature_early_days', 'feature_retained_first_day'),
        ('feature_retained_first_day', 'feature_retained_last_day'),
        ('impact_retained_days', 'impact_outcome_days'),
    ] if lower in valid and upper in valid and var(lower) > var(upper) -%}
        {%- do mistakes.append(_named_var(lower) ~ ': write at most ' ~ upper ~ ', which is ' ~ var(upper)) -%}
    {%- endfor -%}
    {%- set names = rules | map(attribute='names') | join(' ') -%}
    {%- for name in invocation_args_dict.get('vars') or {} if name not in names.split() -%}
        {%- do mistakes.append(_named_var(name) ~ ': there is no such var; see the names in dbt_project.yml') -%}
    {%- endfor -%}
    {%- if mistakes -%}
        {{ exceptions.raise_compiler_error('dbt_project.yml, ' ~ mistakes | join('\ndbt_project.yml, ')) }}
    {%- endif -%}
{%- endmacro %}

{# A var for an expression of Jinja's, which is worked out before anything runs: the value, if it can be. #}
{% macro valid_var(name) -%}
    {%- for rule in _var_rules() if name in rule.names.split() -%}
        {%- set mistake = _var_mistake(name, rule) -%}
        {%- if mistake -%}{{ exceptions.raise_compiler_error('dbt_project.yml, ' ~ mistake) }}{%- endif -%}
    {%- endfor -%}
    {{ return(var(name)) }}
{%- endmacro %}

{% macro _var_mistake(name, rule) -%}
    {%- if not var.has_var(name) -%}
        {{ return('var ' ~ name ~ ' is missing: ' ~ rule.remedy) }}
    {%- elif _is_valid(var(name), rule) == 'no' -%}
        {{ return(_named_var(name) ~ ': ' ~ rule.remedy) }}
    {%- endif -%}
    {{ return('') }}
{%- endmacro %}

{% macro _named_var(name) -%}
    {%- set value = var(name) -%}
    {{ return('var ' ~ name ~ ' = ' ~ ("'" ~ value ~ "'" if value is string else value)) }}
{%- endmacro %}

{# 'yes' or 'no': the value, or each of a list or mapping, is within the rule. #}
{% macro _is_valid(value, rule) -%}
    {%- if rule.many -%}
        {%- if (value is mapping) != (rule.many == 'mapping') or value is string or value is not iterable
            or (not value and not rule.may_be_empty) -%}
            {{ return('no') }}
        {%- endif -%}
    {%- endif -%}
    {%- set parts = [value] if not rule.many else value.values() if value is mapping else value -%}
    {%- for one in parts -%}
        {%- if rule.choices -%}
            {%- set is_valid = one in rule.choices and (one is boolean or one is string) -%}
        {%- elif rule.pattern -%}
            {%- set is_valid = modules.re.match(rule.pattern, one | string) is not none -%}
        {%- elif one is integer or (one is float and not rule.is_whole) -%}
            {%- set is_valid = rule.get('least', one) <= one <= rule.get('most', one)
                and rule.get('above', one - 1) < one < rule.get('below', one + 1) -%}
        {%- endif -%}
        {%- if not is_valid -%}{{ return('no') }}{%- endif -%}
    {%- endfor -%}
    {{ return('yes') }}
{%- endmacro %}

{# What vars can be: names, the rule (a closed list, a pattern, or bounds of a number; of one value or of
   many), and what to write instead. `sources` are known before a run only: to ask the graph takes long,
   and while dbt parses it is not whole. A table, so longer than other macros. #}
{% macro _var_rules(sources=[]) -%}
    {{ return([
        {'remedy': 'write a whole number, 0 or more', 'is_whole': true, 'least': 0, 'names': '
            event_time_future_hours clock_tolerance_seconds session_longest_engaged_gap_seconds
            session_engaged_seconds identity_logins_per_device new_person_days impact_baseline_days
            planning_pre_days journey_top_paths anomaly_wait_days sales_window_days'},
        {'remedy': 'write a whole number, 1 or more', 'is_whole': true, 'least': 1, 'names': '
            session_timeout_minutes full_build_passes process_run_timeout_hours identity_largest_person
            feature_early_days feature_retained_first_day feature_retained_last_day impact_adoption_days
            impact_outcome_days impact_retained_days impact_fewest_persons impact_fewest_outcomes
            experiment_fewest_persons segment_smallest_count reconciliation_days anomaly_days tracking_days
            watch_days attribution_window_days trial_window_days'},
        {'remedy': 'write a whole number of seconds, at most a day, 86400', 'is_whole': true, 'least': 0,
            'most': 86400, 'names': 'reconciliation_tolerance_seconds'},
        {'remedy': 'write a number above 0', 'above': 0, 'names': '
            impact_largest_imbalance experiment_largest_imbalance journey_unexpected_residual
            interval_normal_quantile anomaly_threshold validation_z attribution_half_life_days'},
        {'remedy': 'write a number, 1 or more', 'least': 1, 'names': '
            journey_unexpected_ratio tracking_renamed_factor'},
        {'remedy': 'write a share, from 0 to below 0.5', 'least': 0, 'below': 0.5, 'names': '
            impact_least_propensity'},
        {'remedy': 'write a list of whole numbers of days, such as [30, 90]', 'many': 'list',
            'is_whole': true, 'least': 1, 'names': 'planning_run_days lifetime_horizons_days'},
        {'remedy': 'write true or false', 'choices': [true, false], 'names': '
            session_splits_at_midnight session_splits_on_campaign consent_refusals_are_rejected'},
        {'remedy': 'write trial or first_seen', 'choices': ['trial', 'first_seen'], 'names': '
            impact_starts_at'},
        {'remedy': 'write warn or error', 'choices': ['warn', 'error'], 'names': 'validation_severity'},
        {'remedy': 'write an IANA name, such as Europe/Berlin or UTC', 'choices': modules.pytz.all_timezones,
            'names': 'reporting_timezone'},
        {'remedy': 'write a day, such as 2010-01-01', 'names': 'event_time_floor_date',
            'pattern': '[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'},
        {'remedy': 'write an ISO 4217 code, such as USD', 'pattern': '[A-Z]{3}$', 'names': '
            reporting_currency'},
        {'remedy': 'write the name of a category', 'pattern': "[^'\"]+$", 'names': 'consent_category'},
        {'remedy': 'write the name of a funnel of seeds/funnels.csv', 'pattern': '[A-Za-z]', 'names': '
            default_funnel'},
        {'remedy': 'write a list of staging models, such as [stg_ga4__events]', 'many': 'list',
            'pattern': 'stg_', 'names': 'event_models'},
        {'remedy': 'write a list of these tools: ' ~ sources | join(', '),
            'many': 'list', 'may_be_empty': true, 'choices': sources, 'pattern': '.', 'names': '
            direct_visit_sources'},
        {'remedy': 'write our name of each field and its key of 40 characters', 'many': 'mapping',
            'pattern': '[0-9a-f]{40}$', 'names': 'pipedrive_custom_field_keys'},
        {'remedy': 'write a table and where it is read, such as stripe.charges: duckdb:a.duckdb#b.c',
            'many': 'mapping', 'may_be_empty': true, 'pattern': '.', 'names': 'loaded_tables'},
    ]) }}
{%- endmacro %}
