with

source as (
    select * from {{ source('pipedrive', 'leads') }}
),

final as (
    select
        -- keys
        id as lead_id,
        person_id,
        organization_id,
        owner_id,
        source_deal_id,
        -- attributes
        source_name as lead_source,
        origin,
        channel_id,
        lower(trim({{ pipedrive_custom_field('form_type') }})) as form_type,
        lower(trim({{ pipedrive_custom_field('lifecycle_stage') }})) as lifecycle_stage,
        lower(trim({{ pipedrive_custom_field('trial_path') }})) as trial_path,
        lower(trim({{ pipedrive_custom_field('sales_priority') }})) as sales_priority,
        upper(currency) as currency,
        -- measures
        {{ minor_units('value', 'currency') }} as value_cents,
        cast(round(
            try_cast({{ pipedrive_custom_field('expected_activities') }} as decimal(18, 3))
        ) as bigint) as expected_activity_count,
        -- flags
        coalesce(is_archived, false) as is_archived,
        {{ is_latest(['id'], ['update_time', 'add_time']) }} as is_latest,
        -- times, UTC
        try_cast({{ pipedrive_custom_field('trial_start_date') }} as date) as trial_started_date,
        expected_close_date,
        add_time as created_at,
        update_time as updated_at,
        -- landing
        _landed_at as landed_at,
        _file as file_name,
        _row as row_number_in_file
    from source
)

select * from final
