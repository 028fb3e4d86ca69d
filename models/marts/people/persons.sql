-- depends_on: {{ ref('int_identifier_components') }}
with

{% if is_incremental() -%}
{# Who has an identifier that was looked at anew, and who lost one. #}
touched as (
    select person_id
    from {{ ref('int_person_identifiers') }}
    where identifier_key in {{ keys_changed_by('int_identifier_components') }}
    union
    select cast(changed_key as string) from {{ keys_changed_by('int_person_identifiers') }}
),
{%- endif %}

person_identifiers as (
    select * from {{ ref('int_person_identifiers') }}
    {% if is_incremental() -%}
    where person_id in (select touched.person_id from touched)
    {%- endif %}
),

grouped as (
    select
        -- keys
        person_id,
        min(case when identifier_type = 'user' then identifier_value end) as user_id,
        min(case when identifier_type = 'customer' then identifier_value end) as customer_id,
        min(case when identifier_type = 'stripe_customer' then identifier_value end)
            as stripe_customer_id,
        -- measures
        count(*) as identifier_count,
        count(*) filter (where identifier_type = 'device') as device_count,
        count(*) filter (where identifier_type = 'user') as user_count,
        -- flags
        bool_or(identifier_type not in ('device', 'checkout')) as is_known,
        bool_or(coalesce(held_back_because = 'too_large', false)) as is_held_back,
        -- times, UTC, and the local day
        min(first_seen_at) as first_seen_at,
        {{ local_date('min(first_seen_at)') }} as first_seen_date
    from person_identifiers
    group by 1
),

{% if is_incremental() -%}
{# Who turned out to be somebody else is no more. #}
gone as (
    select persons.* replace (0 as identifier_count)
    from {{ this }} as persons
    inner join touched on persons.person_id = touched.person_id
    left join grouped on persons.person_id = grouped.person_id
    where grouped.person_id is null
),
{%- endif %}

final as (
    select * from grouped
    {%- if is_incremental() %}
    union all
    select * from gone
    {%- endif %}
)

select * from final
