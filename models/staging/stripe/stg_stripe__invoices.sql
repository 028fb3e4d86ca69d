with

source as (
    select * from {{ source('stripe', 'invoices') }}
),

final as (
    select
        -- keys
        id as invoice_id,
        account as account_id,
        customer as customer_id,
        subscription as subscription_id,
        charge as charge_id,
        payment_intent as payment_intent_id,
        -- attributes
        number as invoice_number,
        status,
        billing_reason,
        collection_method,
        upper(currency) as currency,
        total_discount_amounts as discounts,
        total_taxes as taxes,
        {{ without_personal_fields('metadata') }} as metadata,
        -- measures
        subtotal as subtotal_cents,
        coalesce(tax, total - total_excluding_tax) as tax_cents,
        total as total_cents,
        amount_due as amount_due_cents,
        amount_paid as amount_paid_cents,
        amount_remaining as amount_remaining_cents,
        coalesce(pre_payment_credit_notes_amount, 0) as credited_before_payment_cents,
        coalesce(post_payment_credit_notes_amount, 0) as credited_after_payment_cents,
        attempt_count,
        -- flags
        livemode as is_live,
        {{ is_latest(['id', 'account'], ['version_at']) }} as is_latest,
        -- times, UTC
        created as created_at,
        period_start as period_started_at,
        period_end as period_ended_at,
        due_date as due_at,
        finalized_at,
        paid_at,
        voided_at,
        marked_uncollectible_at,
        -- landing
        _landed_at as landed_at,
        _file as file_name,
        _row as row_number_in_file
    from source
)

select * from final
