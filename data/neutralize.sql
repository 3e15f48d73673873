-- a copy of the database sends nothing
UPDATE account_dunning_provider SET credentials = NULL, webhook_key = NULL, state = CASE state WHEN 'enabled' THEN 'test' ELSE state END;
UPDATE account_dunning_delivery SET state = 'cancelled', last_error = 'copy of the database'
 WHERE state IN ('queued', 'sending', 'uncertain');
UPDATE res_company SET dunning_mode = 'off', dunning_anchor_email = NULL, dunning_timestamp_url = NULL;
UPDATE ir_cron SET active = FALSE
 WHERE id IN (SELECT res_id FROM ir_model_data WHERE module = 'account_dunning' AND model = 'ir.cron');
UPDATE account_dunning_chain SET is_copy = TRUE;
