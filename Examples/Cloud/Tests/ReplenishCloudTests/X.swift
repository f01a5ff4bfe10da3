import Testing
@testable import ReplenishCloud
