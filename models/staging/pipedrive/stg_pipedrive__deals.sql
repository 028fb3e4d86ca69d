with

source as (
    select * from {{ source('pipedrive', 'deals') }}
),

final as (
    select
        -- keys
        id as deal_id,
        person_id,
        org_id as organization_id,
        owner_id,
        pipeline_id,
        stage_id,
        source_lead_id as lead_id,
        -- attributes
        title,
        status,
        lost_reason,
        origin,
        channel_id,
        upper(trim({{ pipedrive_custom_field('product_sku') }})) as product_sku,
        lower(trim({{ pipedrive_custom_field('trial_path') }})) as trial_path,
        lower(trim({{ pipedrive_custom_field('source_form_type') }})) as source_form_type,
        upper(currency) as currency,
        -- measures
        {{ minor_units('value', 'currency') }} as value_cents,
        probability / 100 as win_rate,
        -- flags
        coalesce(is_archived, false) as is_archived,
        coalesce(is_deleted, status = 'deleted') as is_deleted,
        {{ is_latest(['id'], ['update_time', 'add_time']) }} as is_latest,
        -- times, UTC
        expected_close_date,
        add_time as created_at,
        update_time as updated_at,
        stage_change_time as stage_changed_at,
        won_time as won_at,
        lost_time as lost_at,
        close_time as closed_at,
        -- landing
        _landed_at as landed_at,
        _file as file_name,
        _row as row_number_in_file
    from source
)

select * from final
