import ReplenishCore

/// A form on a web page, with the fields a browser would send.
///
/// Reads what login and consent pages are made of: `form`, `input` and `button` with their attributes. A page that
/// builds its form by script has none here, and needs a real browser.
public struct PageForm: Equatable {
  /// One field.
  public struct Field: Equatable {
    /// Its name; empty for a button that sends none.
    public let name: String
    /// The value that the page gives it.
    public let value: String
    /// Its type in lower case: `text`, `hidden`, `password`, `submit`, …
    public let type: String
    /// Whether a checkbox or radio button is chosen.
    public let isChecked: Bool
  }

  /// Where it is sent, as written in the page; empty for the page's own address.
  public let action: String
  /// Whether it is sent by POST; by GET if not.
  public let isPost: Bool
  /// Its fields that are sent, and its buttons, in the order of the page.
  public internal(set) var fields: [Field]

  /// The first password field; a form that has one is a login.
  public var password: Field? { fields.first { $0.type == "password" } }

  /// The buttons by which it can be sent.
  public var buttons: [Field] { fields.filter { $0.type == "submit" } }

  /// The field before the password: the user's name.
  public var userName: Field? {
    fields.prefix { $0.type != "password" }.last { ["text", "email", "tel", ""].contains($0.type) }
  }

  /// What a browser sends when `button` is pressed, with what the user typed into the fields of the given names.
  public func submission(button: Field?, typed: [(name: String, value: Secret)] = []) -> [(name: String, value: Secret)]
  {
    fields.compactMap { field in
      switch field.type {
      case "submit": return field == button && !field.name.isEmpty ? (field.name, Secret(copying: field.value)) : nil
      case "button", "reset", "image", "file": return nil
      case "checkbox", "radio":
        guard field.isChecked else { return nil }
        return (field.name, Secret(copying: field.value.isEmpty ? "on" : field.value))
      default:
        return typed.first { $0.name == field.name } ?? (field.name, Secret(copying: field.value))
      }
    }
  }

  /// The forms of a page.
  public static func find(in page: String) -> [PageForm] {
    var forms: [PageForm] = []
    var isOpen = false
    for tag in PageTags(page) {
      switch tag.name {
      case "form":
        forms.append(
          PageForm(action: tag["action"] ?? "", isPost: tag["method"]?.lowercased() == "post", fields: []))
        isOpen = true
      case "/form":
        isOpen = false
      case "input", "button":
        let kind = tag["type"]?.lowercased() ?? (tag.name == "button" ? "submit" : "text")
        let name = tag["name"] ?? ""
        guard isOpen, tag["disabled"] == nil, !name.isEmpty || kind == "submit" else { continue }
        forms[forms.count - 1].fields.append(
          Field(name: name, value: tag["value"] ?? "", type: kind, isChecked: tag["checked"] != nil))
      default:
        break
      }
    }
    return forms
  }
}
