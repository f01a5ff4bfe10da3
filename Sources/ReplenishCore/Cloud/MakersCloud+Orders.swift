/// What the cloud is asked in the owner's name, and what it answers.
extension MakersCloud {
  package func request(press: PressID, slotID: String, age: Int64?) -> HTTPRequest {
    let body = JSONValue.object()
    body.set("slot", slotID)
    if let age { body.set("ageSeconds", age) }
    return request(.put, "/v1/presses/\(press.text)", body.encoded())
  }

  package func request(_ asked: DashRequest, _ device: Device) -> HTTPRequest {
    switch asked {
    case .slotStatus(let slot, _): request(.post, "/v1/slotStatus/\(PercentEncoding.encode(slot))", asked.body)
    case .deviceStatus: request(.post, "/v1/deviceStatus", asked.body)
    case .subscriptionInfo: request(.get, "/v1/slots")
    case .orderInfo(let instanceID): request(.get, "/v1/orders/\(press(of: instanceID, device))")
    case .deregister: request(.delete, "/v1/link")
    case .cancelTestOrders(let slot): request(.delete, "/v1/testOrders/\(PercentEncoding.encode(slot))")
    case .cancelAllTestOrders: request(.delete, "/v1/testOrders")
    // Presses are reported by their ids, and no device ends another: nobody asks for these.
    case .replenish, .deregisterDevice: request(.get, "/v1/device")
    }
  }

  func request(_ method: HTTPRequest.Method, _ path: Wording, _ body: Secret? = nil) -> HTTPRequest {
    HTTPRequest(
      method, composed("\(address)\(path)"), contentType: body == nil ? nil : "application/json", body: body)
  }

  package func takePress(_ answer: HTTPAnswer, _ id: PressID, _ device: Device) throws(DashError) {
    let press = try CloudPress.read(answer, id)
    guard let state = press.state else {
      // It has the press and will end it, so this is only a matter of asking again.
      return device.tryAgain(
        id, Texts.cloudIsOrdering, isUncertain: true, retryAfter: RetryAfter.bounded(answer.retryAfter))
    }
    device.finish(id, state, instanceID: press.instanceID, reason: press.reason)
    if let isLinked = press.isLinked { note(isLinked: isLinked, device) }
  }

  /// The press that made an order, by which the cloud knows it; an order that none here made is nothing it knows.
  private func press(of instanceID: String, _ device: Device) -> String {
    let entry = device.journal.entries.last { $0.instanceID?.isExactly(instanceID) == true }
    return entry?.id.text ?? PercentEncoding.encode(instanceID)
  }

  package func expire(_ press: PressID, _ device: Device) {
    guard let entry = device.journal[press] else { return }
    let uptime = device.now.uptime
    // Where nobody knows the press's age, it is given the time of one that was pressed when the device started.
    let age = device.age(of: entry.pressed) ?? Int64((uptime - min(device.startedAt, uptime)) / 1000)
    let life = device.configuration.pressLife + DeviceLimits.resendTime
    // The cloud knows what became of it however long ago it was, so it is asked once in each run.
    let wasAsked = (device.dispatch(press)?.retry.failures ?? 0) > 0
    if age >= life && wasAsked { return device.finish(press, .inDoubt, reason: Texts.cloudDidNotAnswer) }
    if age < life { device.lookAgain(at: uptime + UInt64(life - age) * 1000) }
  }

  package func explain(_ failure: TransportFailure) -> String { Texts.cloud(failure) }

  package func acknowledge(_ answer: HTTPAnswer, _ device: Device) throws(DashError) {
    do throws(DashError) {
      try CloudAnswer.check(answer)
      note(isLinked: true, device)
    } catch {
      // Nobody is there to whom the news would be of use.
      guard case .notLinked = error else { throw error }
      note(isLinked: false, device)
    }
  }

  package func read(_ answer: HTTPAnswer, for command: Command, _ device: Device) throws(DashError) -> Reply {
    do throws(DashError) {
      switch command {
      case .order: return .order(try CloudAnswer.order(answer))
      case .cancelTestOrders: return .cancelled(try CloudAnswer.cancelled(answer))
      case .unlink:
        try CloudAnswer.check(answer)
        note(isLinked: false, device)
        return .done
      default: return .slots(try CloudAnswer.slots(answer))
      }
    } catch {
      if case .notLinked = error { note(isLinked: false, device) }
      throw error
    }
  }
}
