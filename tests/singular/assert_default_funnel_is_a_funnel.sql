{# Sessions would carry step 0 for everybody if the var default_funnel named no funnel. #}
{%- set wrong_rows %}
select '{{ var("default_funnel") }}' as default_funnel
where '{{ var("default_funnel") }}' not in (select funnel_name from {{ ref('funnels') }})
{%- endset -%}
{%- if execute and flags.WHICH in ('build', 'test') and run_query(wrong_rows).rows -%}
    {{ exceptions.raise_compiler_error(
        "dbt_project.yml, var default_funnel = '" ~ var('default_funnel')
        ~ "': write the name of a funnel of seeds/funnels.csv") }}
{%- endif -%}
{{ wrong_rows }}
