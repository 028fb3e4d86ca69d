{# Persons who are alike in every segment are one cell: what is added up by cells once is then added
   up by any segment without another look at the persons. #}
{%- set given = given_segments(ref('segments'), ref('segment_rules')) %}
with

units as (
    select *, exposed_at as segment_at
    from {{ ref('int_experiment_persons') }}
    where not is_excluded
),

people as (
    select
        cast(person_id as bigint) as person_key,
        {{ local_date('min(first_seen_at)') }} as first_seen_date
    from {{ ref('int_person_identifiers') }}
    group by 1
),

tenured as (
    select
        units.*,
        {{ user_tenure('units.exposed_date', 'people.first_seen_date') }} as user_tenure
    from units
    inner join people on units.person_key = people.person_key
),

described as (
    {{ with_given_segments('tenured', ref('int_person_segments'), given) }}
),

final as (
    select
        -- keys
        experiment_name,
        person_key,
        {{ identifier_key("'cell'", 'experiment_name', cell_text(segment_columns(given))) }}
            as cell_key,
        -- attributes
        variant,
        {{ segment_properties() | join(', ') }},
        -- times, UTC
        segment_at
    from described
)

select * from final
