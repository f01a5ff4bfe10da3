// swift-format-ignore-file: AlwaysUseLowerCamelCase - the names are those of the C header.
// What each function does stands in replenish_common.h; the compiler checks them against it.
import CReplenish
import ReplenishCore

private func notice(_ event: OpaquePointer?) -> Notice? { event.map { Handle.object($0, Notice.self) } }

/// See replenish_common.h.
@c @implementation
public func replenish_event_free(_ event: OpaquePointer?) -> OpaquePointer? {
  if let event { Handle.release(event, Notice.self) }
  return nil
}

/// See replenish_common.h.
@c @implementation
public func replenish_event_get_type(_ event: OpaquePointer?) -> Int32 {
  Int32(bitPattern: (notice(event)?.type ?? REPLENISH_EVENT_NONE).rawValue)
}

/// See replenish_common.h.
@c @implementation
public func replenish_event_get_request(_ event: OpaquePointer?) -> UInt64 { notice(event)?.request ?? 0 }

/// See replenish_common.h.
@c @implementation
public func replenish_event_get_error(_ event: OpaquePointer?) -> Int32 { notice(event)?.error ?? 0 }

/// See replenish_common.h.
@c @implementation
public func replenish_event_get_text(_ event: OpaquePointer?) -> UnsafePointer<CChar>? { notice(event)?.cText }

/// See replenish_common.h.
@c @implementation
public func replenish_event_get_slot(_ event: OpaquePointer?) -> UnsafePointer<CChar>? { notice(event)?.cSlot }

/// See replenish_common.h.
@c @implementation
public func replenish_event_get_value(_ event: OpaquePointer?) -> Int64 { notice(event)?.value ?? 0 }

/// See replenish_common.h.
@c @implementation
public func replenish_event_get_press(
  _ event: OpaquePointer?, _ press: UnsafeMutablePointer<replenish_press>?, _ size: Int
) -> Int32 {
  guard let notice = notice(event), let press else { return -EINVAL }
  guard let report = notice.cPress else { return -ENODATA }
  return Sized.write(report, to: press, size) ? 0 : -EINVAL
}

/// See replenish_common.h.
@c @implementation
public func replenish_event_get_count(_ event: OpaquePointer?) -> Int {
  switch notice(event)?.rows ?? .none {
  case .slots(let slots): slots.count
  case .items(let items): items.count
  case .cancelled(let slots): slots.count
  case .none: 0
  }
}

/// See replenish_common.h.
@c @implementation
public func replenish_event_get_subscription(
  _ event: OpaquePointer?, _ index: Int, _ subscription: UnsafeMutablePointer<replenish_subscription>?, _ size: Int
) -> Int32 {
  guard let notice = notice(event), let subscription else { return -EINVAL }
  guard case .slots(let slots) = notice.rows else { return -ENODATA }
  guard slots.indices.contains(index) else { return -ENOENT }
  let slot = slots[index]
  let row = replenish_subscription(
    slot: notice.keep(slot.slot), product_count: slot.products.count, is_subscribed: slot.isSubscribed ? 1 : 0)
  return Sized.write(row, to: subscription, size) ? 0 : -EINVAL
}

/// See replenish_common.h.
@c @implementation
public func replenish_event_get_product(
  _ event: OpaquePointer?, _ index: Int, _ product_index: Int,
  _ product: UnsafeMutablePointer<replenish_product>?, _ size: Int
) -> Int32 {
  guard let notice = notice(event), let product else { return -EINVAL }
  guard case .slots(let slots) = notice.rows else { return -ENODATA }
  guard slots.indices.contains(index), slots[index].products.indices.contains(product_index) else { return -ENOENT }
  let found = slots[index].products[product_index]
  let row = replenish_product(
    asin: notice.keep(found.asin), unit: notice.keep(found.unit), quantity: found.quantity)
  return Sized.write(row, to: product, size) ? 0 : -EINVAL
}

/// See replenish_common.h.
@c @implementation
public func replenish_event_get_order_item(
  _ event: OpaquePointer?, _ index: Int, _ item: UnsafeMutablePointer<replenish_order_item>?, _ size: Int
) -> Int32 {
  guard let notice = notice(event), let item else { return -EINVAL }
  guard case .items(let items) = notice.rows else { return -ENODATA }
  guard items.indices.contains(index) else { return -ENOENT }
  let found = items[index]
  let row = replenish_order_item(
    asin: notice.keep(found.asin), slot: notice.keep(found.slot), status: notice.keep(found.status.word),
    expected_delivery: notice.keep(found.expectedDelivery), quantity: found.quantity)
  return Sized.write(row, to: item, size) ? 0 : -EINVAL
}

/// See replenish_common.h.
@c @implementation
public func replenish_event_get_cancelled_slot(
  _ event: OpaquePointer?, _ index: Int, _ slot: UnsafeMutablePointer<replenish_cancelled_slot>?, _ size: Int
) -> Int32 {
  guard let notice = notice(event), let slot else { return -EINVAL }
  guard case .cancelled(let slots) = notice.rows else { return -ENODATA }
  guard slots.indices.contains(index) else { return -ENOENT }
  let row = replenish_cancelled_slot(
    slot: notice.keep(slots[index].slot), status: notice.keep(slots[index].status))
  return Sized.write(row, to: slot, size) ? 0 : -EINVAL
}
