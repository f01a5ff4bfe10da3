include $(sort $(wildcard $(BR2_EXTERNAL_REPLENISHKIT_PATH)/package/*/*.mk))
