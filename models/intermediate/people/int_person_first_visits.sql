{# Of the first sessions of a person's devices and logins the first: what brought them. A run
   restates the persons with new events. #}
-- depends_on: {{ ref('int_changed_persons') }}
with

persons as (
    select identifier_key, cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
),

{% if is_incremental() -%}
changed as (
    select * from {{ ref('int_changed_persons') }}
),
{%- endif %}

visits as (
    select session_id, device_key, user_key, checkout_key, channel_group, started_at, session_date
    from {{ ref('int_first_visits') }}
    {% if is_incremental() -%}
    where {{ is_of_changed_persons() }}
    {%- endif %}
),

person_visits as (
    {{ with_person_key('visits') }}
),

ranked as (
    select
        *,
        row_number() over (partition by person_key order by started_at, session_id) as place
    from person_visits
    where
        person_key is not null
    {% if is_incremental() -%}
    and person_key in (select changed.person_key from changed)
    {%- endif %}
),

final as (
    select
        -- keys
        person_key,
        session_id,
        -- attributes
        channel_group,
        -- times
        started_at,
        session_date
    from ranked
    where place = 1
    {%- if is_incremental() %}
    union all
    select distinct person_key, null, null, null, null from changed
    {%- endif %}
)

select * from final
