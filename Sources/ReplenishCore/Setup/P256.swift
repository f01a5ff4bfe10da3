import COpenSSL

/// The group P-256 (FIPS 186-4, SEC 2 secp256r1), by libcrypto. Points are written uncompressed (SEC 1 section 2.3.3).
///
/// Each multiplication has one scalar: libcrypto computes a combination of two in time that depends on them, on boards
/// for which it has no assembly.
package final class P256 {
  /// The length of an uncompressed point.
  package static let pointLength = 65
  /// The length of a scalar.
  package static let scalarLength = 32

  private let group: OpaquePointer
  private let scratch: OpaquePointer

  /// Prepares the group.
  package init() throws(SetupFault) {
    guard let group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1) else { throw .cryptographyFailed }
    guard let scratch = BN_CTX_secure_new() else {
      EC_GROUP_free(group)
      throw .cryptographyFailed
    }
    self.group = group
    self.scratch = scratch
  }

  deinit {
    BN_CTX_free(scratch)
    EC_GROUP_free(group)
  }

  /// A number modulo the order of the group; erased when the last owner lets go.
  package final class Scalar {
    let number: OpaquePointer
    init(adopting number: OpaquePointer) {
      BN_set_flags(number, BN_FLG_CONSTTIME)
      self.number = number
    }
    deinit { BN_clear_free(number) }
  }

  /// A point of the group; erased when the last owner lets go.
  package final class Point {
    let point: OpaquePointer
    init(adopting point: OpaquePointer) { self.point = point }
    deinit { EC_POINT_clear_free(point) }
  }

  /// The scalar that 32 bytes stand for, big-endian; nil for zero and for the order or more.
  package func scalar(_ bytes: Secret) throws(SetupFault) -> Scalar? {
    guard bytes.count == P256.scalarLength else { return nil }
    let scalar = try number(bytes)
    guard let order = EC_GROUP_get0_order(group) else { throw .cryptographyFailed }
    guard BN_is_zero(scalar.number) == 0, BN_cmp(scalar.number, order) < 0 else { return nil }
    return scalar
  }

  /// A scalar drawn uniformly from 1 to the order less one.
  package func randomScalar(_ random: any RandomSource) throws(SetupFault) -> Scalar {
    for _ in 0..<64 {  // a draw is refused once in 2^32
      guard let drawn = random.secret(count: P256.scalarLength) else { throw .cryptographyFailed }
      if let scalar = try scalar(drawn) { return scalar }
    }
    throw .cryptographyFailed
  }

  /// Big-endian bytes of any length, modulo the order, as 32 bytes (RFC 9383 section 3.2).
  func reduced(_ bytes: Secret) throws(SetupFault) -> Secret {
    let dividend = try number(bytes)
    guard let order = EC_GROUP_get0_order(group), let remainder = BN_secure_new() else { throw .cryptographyFailed }
    let scalar = Scalar(adopting: remainder)
    guard BN_div(nil, scalar.number, dividend.number, order, scratch) == 1 else { throw .cryptographyFailed }
    var written: Int32 = 0
    let reduced = Secret(count: P256.scalarLength) { target in
      written = BN_bn2binpad(
        scalar.number, target.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(target.count))
    }
    guard written == P256.scalarLength else { throw .cryptographyFailed }
    return reduced
  }

  /// The point that bytes stand for; nil unless it is on the curve, not the identity, and in the form asked for.
  func point(_ bytes: UnsafeRawBufferPointer, isCompressed: Bool = false) throws(SetupFault) -> Point? {
    guard let form = bytes.first, bytes.count == (isCompressed ? 33 : P256.pointLength) else { return nil }
    guard isCompressed ? form == 2 || form == 3 : form == 4 else { return nil }
    let point = try empty()
    let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    guard EC_POINT_oct2point(group, point.point, start, bytes.count, scratch) == 1 else {
      ERR_clear_error()  // what a peer sends must not pile up in the error queue, which curl reads too
      return nil
    }
    guard EC_POINT_is_on_curve(group, point.point, scratch) == 1, EC_POINT_is_at_infinity(group, point.point) == 0
    else { return nil }
    return point
  }

  /// The point that bytes stand for, likewise.
  func point(_ bytes: [UInt8], isCompressed: Bool = false) throws(SetupFault) -> Point? {
    try Secret(copying: bytes).withBytes { (bytes) throws(SetupFault) in try point(bytes, isCompressed: isCompressed) }
  }

  /// `scalar` times the base point.
  package func multiply(base scalar: Scalar) throws(SetupFault) -> Point {
    let product = try empty()
    guard EC_POINT_mul(group, product.point, scalar.number, nil, nil, scratch) == 1 else { throw .cryptographyFailed }
    return product
  }

  /// `scalar` times a point.
  func multiply(_ point: Point, by scalar: Scalar) throws(SetupFault) -> Point {
    let product = try empty()
    guard EC_POINT_mul(group, product.point, nil, point.point, scalar.number, scratch) == 1 else {
      throw .cryptographyFailed
    }
    return product
  }

  /// The sum of two points.
  func add(_ left: Point, _ right: Point) throws(SetupFault) -> Point {
    let sum = try empty()
    guard EC_POINT_add(group, sum.point, left.point, right.point, scratch) == 1 else { throw .cryptographyFailed }
    return sum
  }

  /// `left` less `right`, which is replaced by its inverse.
  func subtract(_ left: Point, consuming right: Point) throws(SetupFault) -> Point {
    guard EC_POINT_invert(group, right.point, scratch) == 1 else { throw .cryptographyFailed }
    return try add(left, right)
  }

  /// A point as 65 bytes; nil for the identity, which has no such form.
  package func bytes(_ point: Point) throws(SetupFault) -> Secret? {
    guard EC_POINT_is_at_infinity(group, point.point) == 0 else { return nil }
    var written = 0
    let bytes = Secret(count: P256.pointLength) { target in
      written = EC_POINT_point2oct(
        group, point.point, POINT_CONVERSION_UNCOMPRESSED, target.baseAddress?.assumingMemoryBound(to: UInt8.self),
        target.count, scratch)
    }
    guard written == P256.pointLength else { throw .cryptographyFailed }
    return bytes
  }

  private func empty() throws(SetupFault) -> Point {
    guard let point = EC_POINT_new(group) else { throw .cryptographyFailed }
    return Point(adopting: point)
  }

  private func number(_ bytes: Secret) throws(SetupFault) -> Scalar {
    guard let number = BN_secure_new() else { throw .cryptographyFailed }
    let scalar = Scalar(adopting: number)
    let isRead = bytes.withBytes { bytes in
      BN_bin2bn(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(bytes.count), scalar.number) != nil
    }
    guard isRead else { throw .cryptographyFailed }
    return scalar
  }
}
